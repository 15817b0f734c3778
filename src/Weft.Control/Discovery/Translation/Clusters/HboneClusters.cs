using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Listeners;
using Weft.Control.Discovery.Translation.Tls;
using UpstreamHttpOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Weft.Control.Discovery.Translation.Clusters;

/// <summary>
/// The clusters of HBONE: towards the internal listener that serves what comes in, and the tunnels to others, of which a proxy keeps a pool for each
/// destination. Figures are ztunnel's but for the stream's window, which bounds what one reader that does not read may pile up.
/// </summary>
internal static class HboneClusters
{
    /// <summary>What one stream may hold that nobody has read.</summary>
    public const uint StreamWindowBytes = 1024 * 1024;

    /// <summary>The same for a connection.</summary>
    public const uint ConnectionWindowBytes = 16 * 1024 * 1024;

    /// <summary>Streams on one connection; then another is made.</summary>
    public const uint MaxStreams = 100;

    public static IEnumerable<Cluster> Build(ProxyContext context)
    {
        if (System.Net.IPAddress.TryParse(context.Proxy.Address, out _))
        {
            yield return Inside(context, ClusterNames.MainInternal);
            if (context.Targets.Any(target => target.Port.Protocol == PortProtocol.Unsupported))
                yield return Inside(context, ClusterNames.MainInternalSniffed);
        }

        if (context.Snapshot.Mesh.OutboundHbone)
            yield return Originate(context);
    }

    /// <summary>HTTP/2 of tunnels, on either side.</summary>
    public static Http2ProtocolOptions Http2() => new()
    {
        MaxConcurrentStreams = MaxStreams,
        InitialStreamWindowSize = StreamWindowBytes,
        InitialConnectionWindowSize = ConnectionWindowBytes,
        AllowConnect = true,
    };

    private static Cluster Inside(ProxyContext context, string name) => new()
    {
        Name = name,
        Type = Cluster.Types.DiscoveryType.Static,
        ConnectTimeout = context.Snapshot.Mesh.ConnectTimeout,
        CircuitBreakers = Unlimited(),
        LoadAssignment = new ClusterLoadAssignment
        {
            ClusterName = name,
            Endpoints =
            {
                new LocalityLbEndpoints
                {
                    LbEndpoints = { new LbEndpoint { Endpoint = new Envoy.Config.Endpoint.V3.Endpoint { Address = InternalAddress(name) } } },
                },
            },
        },
    };

    private static Cluster Originate(ProxyContext context)
    {
        UpstreamHttpOptions http = new()
        {
            CommonHttpProtocolOptions = new HttpProtocolOptions { IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)) },
            ExplicitHttpConfig = new UpstreamHttpOptions.Types.ExplicitHttpConfig { Http2ProtocolOptions = Http2() },
        };
        return new Cluster
        {
            Name = ClusterNames.ConnectOriginate,
            Type = Cluster.Types.DiscoveryType.OriginalDst,
            LbPolicy = Cluster.Types.LbPolicy.ClusterProvided,
            ConnectTimeout = context.Snapshot.Mesh.ConnectTimeout,
            OriginalDstLbConfig = new Cluster.Types.OriginalDstLbConfig { UpstreamPortOverride = HboneListeners.Port },
            CircuitBreakers = Unlimited(),
            TypedExtensionProtocolOptions = { [ConnectionPools.HttpOptionsKey] = Protos.Pack(http) },
            TransportSocket = TransportSockets.Upstream(UpstreamTls.Hbone(context.Snapshot.Mesh.TrustDomain)),
        };
    }

    /// <summary>The address of a listener inside the proxy; <paramref name="endpoint"/> tells endpoints behind the same listener apart.</summary>
    public static Address InternalAddress(string listener, string endpoint = "") => new()
    {
        EnvoyInternalAddress = new EnvoyInternalAddress { ServerListenerName = listener, EndpointId = endpoint },
    };

    // A tunnel is a connection: what bounds connections bounds it before it gets here.
    private static CircuitBreakers Unlimited() => new()
    {
        Thresholds =
        {
            new CircuitBreakers.Types.Thresholds { MaxConnections = uint.MaxValue, MaxPendingRequests = uint.MaxValue, MaxRequests = uint.MaxValue, MaxRetries = uint.MaxValue },
        },
    };
}
