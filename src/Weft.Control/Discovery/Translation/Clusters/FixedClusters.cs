using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Control.Discovery.Registry;
using UpstreamHttpOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Weft.Control.Discovery.Translation.Clusters;

/// <summary>The clusters that every proxy has, and those of its own workload's ports.</summary>
internal sealed class FixedClusters(ProxyContext context)
{
    // Connections from this address to the workload are not captured again by the redirect rules.
    private const string InboundSourceAddress = "127.0.0.6";

    /// <summary>Traffic to what the registry does not know: where the client sent it.</summary>
    public Cluster Passthrough() => WithDownstreamProtocol(Original(ClusterNames.Passthrough));

    /// <summary>Traffic to a port of the workload that no service names.</summary>
    public Cluster InboundPassthrough() => WithDownstreamProtocol(FromInboundSource(Original(ClusterNames.InboundPassthrough)));

    /// <summary>Traffic that goes nowhere.</summary>
    public Cluster BlackHole() => new()
    {
        Name = ClusterNames.BlackHole,
        Type = Cluster.Types.DiscoveryType.Static,
        ConnectTimeout = context.Snapshot.Mesh.ConnectTimeout,
    };

    /// <summary><c>inbound|port||</c> for each port that the workload serves.</summary>
    public IEnumerable<Cluster> Inbound()
    {
        foreach (ServiceTarget target in context.Targets)
        {
            Cluster cluster = Original(ClusterNames.Inbound(target.TargetPort));
            if (context.IsLoopback)
                ToLoopback(cluster, target);
            else
                FromInboundSource(cluster);
            ConnectionPools.Apply(cluster, null, context.Snapshot.Mesh);
            if (ConnectionPools.HttpOptions(target.Port, null, context.Snapshot.Mesh, outbound: false) is { } http)
                cluster.TypedExtensionProtocolOptions[ConnectionPools.HttpOptionsKey] = Protos.Pack(http);
            cluster.Metadata = Describe(target);
            yield return cluster;
        }
    }

    private Cluster Original(string name) => new()
    {
        Name = name,
        Type = Cluster.Types.DiscoveryType.OriginalDst,
        ConnectTimeout = context.Snapshot.Mesh.ConnectTimeout,
        LbPolicy = Cluster.Types.LbPolicy.ClusterProvided,
    };

    // Without capture there is no original destination: the application's port on this machine is.
    private static void ToLoopback(Cluster cluster, ServiceTarget target)
    {
        cluster.Type = Cluster.Types.DiscoveryType.Static;
        cluster.LbPolicy = Cluster.Types.LbPolicy.RoundRobin;
        cluster.LoadAssignment = new ClusterLoadAssignment
        {
            ClusterName = cluster.Name,
            Endpoints =
            {
                new LocalityLbEndpoints
                {
                    LbEndpoints =
                    {
                        new LbEndpoint
                        {
                            Endpoint = new Envoy.Config.Endpoint.V3.Endpoint
                            {
                                Address = Protos.SocketAddress("127.0.0.1", target.ApplicationPort > 0 ? target.ApplicationPort : target.TargetPort),
                            },
                        },
                    },
                },
            },
        };
    }

    private static Cluster FromInboundSource(Cluster cluster)
    {
        cluster.UpstreamBindConfig = new BindConfig { SourceAddress = new SocketAddress { Address = InboundSourceAddress, PortValue = 0 } };
        return cluster;
    }

    private Cluster WithDownstreamProtocol(Cluster cluster)
    {
        UpstreamHttpOptions options = ConnectionPools.HttpOptions(
            new PortModel("", 0, PortProtocol.Unsupported), null, context.Snapshot.Mesh, outbound: false)!;
        options.CommonHttpProtocolOptions = new HttpProtocolOptions { IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)) };
        cluster.TypedExtensionProtocolOptions[ConnectionPools.HttpOptionsKey] = Protos.Pack(options);
        return cluster;
    }

    private static Metadata Describe(ServiceTarget target)
    {
        Metadata metadata = new();
        metadata.FilterMetadata["istio"] = new Struct
        {
            Fields =
            {
                ["services"] = Value.ForList(Value.ForStruct(new Struct
                {
                    Fields =
                    {
                        ["host"] = Value.ForString(target.Service.Hostname),
                        ["name"] = Value.ForString(target.Service.Name),
                        ["namespace"] = Value.ForString(target.Service.Namespace),
                    },
                })),
            },
        };
        return metadata;
    }
}
