using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;
using CommonHttpOptions = Envoy.Config.Core.V3.HttpProtocolOptions;
using HttpProtocolOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Weft.Control.Discovery.Translation.Clusters;

/// <summary>Connection limits, timeouts and the HTTP version of a cluster. Source: Istio's connection pool settings.</summary>
internal static class ConnectionPools
{
    /// <summary>The key of HTTP settings among a cluster's extension options.</summary>
    public const string HttpOptionsKey = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    private const uint Unlimited = uint.MaxValue;
    private const uint DefaultStreams = 1073741824;

    /// <summary>Sets breakers, timeouts and keepalive; fields that the user leaves out are unlimited.</summary>
    public static void Apply(Cluster cluster, ConnectionPoolSettings? pool, MeshDefaultsInForce mesh)
    {
        ConnectionPoolSettings.Types.TCPSettings? tcp = pool?.Tcp;
        ConnectionPoolSettings.Types.HTTPSettings? http = pool?.Http;
        cluster.ConnectTimeout = tcp?.ConnectTimeout ?? mesh.ConnectTimeout;
        cluster.CircuitBreakers = new CircuitBreakers
        {
            Thresholds =
            {
                new CircuitBreakers.Types.Thresholds
                {
                    MaxConnections = Limit(tcp?.MaxConnections),
                    MaxPendingRequests = Limit(http?.Http1MaxPendingRequests),
                    MaxRequests = Limit(http?.Http2MaxRequests),
                    MaxRetries = Limit(http?.MaxRetries),
                    TrackRemaining = true,
                },
            },
        };
        if (tcp?.TcpKeepalive is { } keepalive)
            ApplyKeepalive(cluster, keepalive);
    }

    /// <summary>
    /// The HTTP settings of a cluster, or null when Envoy's defaults (HTTP/1.1) hold: HTTP/2 by protocol or upgrade, the client's
    /// version for sniffed ports, and limits on connections.
    /// </summary>
    public static HttpProtocolOptions? HttpOptions(PortModel? port, ConnectionPoolSettings? pool, MeshDefaultsInForce mesh, bool outbound)
    {
        HttpProtocolOptions options = new();
        bool used = false;
        if (pool?.Http?.UseClientProtocol == true || port?.Protocol == PortProtocol.Unsupported)
        {
            options.UseDownstreamProtocolConfig = new HttpProtocolOptions.Types.UseDownstreamHttpConfig
            {
                HttpProtocolOptions = new Http1ProtocolOptions(),
                Http2ProtocolOptions = new Http2ProtocolOptions { MaxConcurrentStreams = DefaultStreams },
            };
            used = true;
        }

        if (port?.Protocol.IsHttp2() == true || (outbound && UpgradesToHttp2(port, pool, mesh)))
        {
            Http2ProtocolOptions http2 = new() { MaxConcurrentStreams = pool?.Http?.MaxConcurrentStreams is > 0 and int streams ? (uint)streams : DefaultStreams };
            if (pool?.Http?.Http2KeepAlive is { } ping)
                http2.ConnectionKeepalive = new KeepaliveSettings { Interval = ping.Interval, Timeout = ping.Timeout };
            options.ExplicitHttpConfig = new HttpProtocolOptions.Types.ExplicitHttpConfig { Http2ProtocolOptions = http2 };
            used = true;
        }

        CommonOptions(pool, out CommonHttpOptions? common);
        if (common is not null)
        {
            options.CommonHttpProtocolOptions = common;
            if (options.UpstreamProtocolOptionsCase == HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.None)
                options.ExplicitHttpConfig = new HttpProtocolOptions.Types.ExplicitHttpConfig { HttpProtocolOptions = new Http1ProtocolOptions() };
            used = true;
        }

        return used ? options : null;
    }

    /// <summary>Whether requests go upstream as HTTP/2 whatever the client speaks.</summary>
    public static bool IsHttp2(HttpProtocolOptions? options) => options?.ExplicitHttpConfig?.Http2ProtocolOptions is not null;

    private static void CommonOptions(ConnectionPoolSettings? pool, out CommonHttpOptions? common)
    {
        Duration? idle = pool?.Http?.IdleTimeout ?? pool?.Tcp?.IdleTimeout;
        int maxRequests = pool?.Http?.MaxRequestsPerConnection ?? 0;
        Duration? lifetime = pool?.Tcp?.MaxConnectionDuration;
        common = null;
        if (idle is null && maxRequests <= 0 && lifetime is null)
            return;
        common = new CommonHttpOptions { IdleTimeout = idle, MaxConnectionDuration = lifetime };
        if (maxRequests > 0)
            common.MaxRequestsPerConnection = (uint)maxRequests;
    }

    private static bool UpgradesToHttp2(PortModel? port, ConnectionPoolSettings? pool, MeshDefaultsInForce mesh) => pool?.Http?.H2UpgradePolicy switch
    {
        ConnectionPoolSettings.Types.HTTPSettings.Types.H2UpgradePolicy.Upgrade => true,
        ConnectionPoolSettings.Types.HTTPSettings.Types.H2UpgradePolicy.DoNotUpgrade => false,
        _ => port?.Protocol.IsHttp() == true && mesh.Config.H2UpgradePolicy == Istio.Mesh.V1Alpha1.MeshConfig.Types.H2UpgradePolicy.Upgrade,
    };

    private static uint Limit(int? value) => value is > 0 ? (uint)value.Value : Unlimited;

    private static void ApplyKeepalive(Cluster cluster, ConnectionPoolSettings.Types.TCPSettings.Types.TcpKeepalive keepalive)
    {
        TcpKeepalive result = new();
        if (keepalive.Probes > 0)
            result.KeepaliveProbes = keepalive.Probes;
        if (keepalive.Time is not null)
            result.KeepaliveTime = (uint)keepalive.Time.Seconds;
        if (keepalive.Interval is not null)
            result.KeepaliveInterval = (uint)keepalive.Interval.Seconds;
        cluster.UpstreamConnectionOptions = new UpstreamConnectionOptions { TcpKeepalive = result };
    }
}
