using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Policies;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation.Endpoints;
using Weft.Control.Discovery.Translation.Tls;
using Subset = Istio.Networking.V1Alpha3.Subset;
using UpstreamHttpOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Weft.Control.Discovery.Translation.Clusters;

/// <summary>A cluster for each port of each visible service and for each subset: <c>outbound|port|subset|host</c>.</summary>
internal sealed class OutboundClusters(ProxyContext context)
{
    private const string TunnelMatch = "hbone";
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>All outbound clusters, and the assignment of each one that gets its endpoints over EDS.</summary>
    public (List<Cluster> Clusters, List<ClusterLoadAssignment> Assignments) Build()
    {
        List<Cluster> clusters = [];
        List<ClusterLoadAssignment> assignments = [];
        foreach (ServiceModel service in context.Services)
        {
            DestinationRuleModel? rule = context.DestinationRuleFor(service);
            foreach (PortModel port in service.Ports.Where(port => port.Protocol != PortProtocol.Udp))
            {
                TrafficPolicy? policy = TrafficPolicies.ForPort(rule?.TrafficPolicy, port);
                Add(BuildOne(service, port, rule, null, policy), NoLabels);
                foreach (Subset subset in rule?.Subsets ?? [])
                    Add(BuildOne(service, port, rule, subset, TrafficPolicies.Merge(policy, subset.TrafficPolicy, port)), subset.Labels);

                void Add(Cluster? cluster, IReadOnlyDictionary<string, string> labels)
                {
                    if (cluster is null)
                        return;
                    clusters.Add(cluster);
                    if (cluster.Type == Cluster.Types.DiscoveryType.Eds)
                        assignments.Add(EndpointAssignments.Build(context, cluster.Name, service, port, labels, Tunnels(cluster)));
                }
            }
        }

        return (clusters, assignments);
    }

    private Cluster? BuildOne(ServiceModel service, PortModel port, DestinationRuleModel? rule, Subset? subset, TrafficPolicy? policy)
    {
        string name = ClusterNames.Outbound(port.Number, subset?.Name, service.Hostname);
        Cluster cluster = new()
        {
            Name = name,
            Type = DiscoveryType(service),
            CommonLbConfig = new Cluster.Types.CommonLbConfig(),
            Metadata = Describe(service, port, rule, subset),
        };
        if (cluster.Type is Cluster.Types.DiscoveryType.StrictDns or Cluster.Types.DiscoveryType.LogicalDns && !ApplyDns(cluster, service, port, subset))
            return null;

        MeshDefaultsInForce mesh = context.Snapshot.Mesh;
        ConnectionPools.Apply(cluster, policy?.ConnectionPool, mesh);
        UpstreamHttpOptions? http = ConnectionPools.HttpOptions(port, policy?.ConnectionPool, mesh, outbound: true);
        LoadBalancers.ApplyOutlierDetection(cluster, policy?.OutlierDetection);
        LoadBalancers.Apply(cluster, policy?.LoadBalancer);
        http = ApplyTls(cluster, service, port, subset, policy?.Tls, http);
        if (policy?.ProxyProtocol is { } proxyProtocol)
            TransportSockets.PutProxyHeaderInFront(cluster, proxyProtocol.Version == TrafficPolicy.Types.ProxyProtocol.Types.VERSION.V2);
        if (http is not null)
            cluster.TypedExtensionProtocolOptions[ConnectionPools.HttpOptionsKey] = Protos.Pack(http);
        if (cluster.Type == Cluster.Types.DiscoveryType.Eds)
            cluster.EdsClusterConfig = new Cluster.Types.EdsClusterConfig { ServiceName = name, EdsConfig = Protos.Ads() };
        return cluster;
    }

    private static bool Tunnels(Cluster cluster) => cluster.TransportSocketMatches.Any(match => match.Name == TunnelMatch);

    private Cluster.Types.DiscoveryType DiscoveryType(ServiceModel service) => service.Resolution switch
    {
        ServiceResolution.Dns => Cluster.Types.DiscoveryType.StrictDns,
        ServiceResolution.DnsRoundRobin => Cluster.Types.DiscoveryType.LogicalDns,
        // There is no original destination at a gateway, and none of a service's own in loopback mode.
        ServiceResolution.Passthrough when context.Proxy.Type == ProxyType.Sidecar && !context.IsLoopback => Cluster.Types.DiscoveryType.OriginalDst,
        _ => Cluster.Types.DiscoveryType.Eds,
    };

    // A DNS cluster without an endpoint would be refused by the proxy, so there is none.
    private bool ApplyDns(Cluster cluster, ServiceModel service, PortModel port, Subset? subset)
    {
        ClusterLoadAssignment assignment = EndpointAssignments.Build(context, cluster.Name, service, port, subset?.Labels ?? (IReadOnlyDictionary<string, string>)NoLabels);
        if (assignment.Endpoints.Count == 0)
            return false;
        cluster.LoadAssignment = assignment;
        cluster.DnsLookupFamily = Cluster.Types.DnsLookupFamily.V4Only;
        cluster.DnsRefreshRate = context.Snapshot.Mesh.Config.DnsRefreshRate ?? Duration.FromTimeSpan(TimeSpan.FromSeconds(60));
        cluster.RespectDnsTtl = true;
        return true;
    }

    private UpstreamHttpOptions? ApplyTls(
        Cluster cluster, ServiceModel service, PortModel port, Subset? subset, ClientTLSSettings? tls, UpstreamHttpOptions? http)
    {
        bool http2 = ConnectionPools.IsHttp2(http);
        string serverName = ClusterNames.ServerName(port.Number, subset?.Name, service.Hostname);
        if (tls is { Mode: ClientTLSSettings.Types.TLSmode.IstioMutual })
        {
            IEnumerable<string> names = tls.SubjectAltNames.Count > 0 ? tls.SubjectAltNames : Identities(service);
            cluster.TransportSocket = TransportSockets.Upstream(
                UpstreamTls.Mutual(tls.Sni.Length > 0 ? tls.Sni : serverName, names, port.Protocol, http2, context.Snapshot.Mesh));
        }
        else if (tls is not null)
        {
            if (UpstreamTls.FromSettings(tls, service.SubjectAltNames, http2, context.Snapshot.Mesh) is not { } custom)
                return http;
            cluster.TransportSocket = TransportSockets.Upstream(custom);
            return WithAutomaticServerName(tls, http);
        }
        else if (UsesMutualTls(service))
        {
            TransportSocket mutual = TransportSockets.Upstream(UpstreamTls.Mutual(serverName, Identities(service), port.Protocol, http2, context.Snapshot.Mesh));
            if (cluster.Type == Cluster.Types.DiscoveryType.OriginalDst)
            {
                cluster.TransportSocket = mutual;
                return http;
            }

            if (context.Snapshot.Mesh.OutboundHbone && cluster.Type == Cluster.Types.DiscoveryType.Eds && !port.Protocol.IsHttp())
            {
                cluster.TransportSocketMatches.Add(new Cluster.Types.TransportSocketMatch
                {
                    Name = TunnelMatch,
                    Match = new Struct { Fields = { ["tunnel"] = Value.ForString("http") } },
                    TransportSocket = TransportSockets.InternalUpstream(),
                });
            }

            cluster.TransportSocketMatches.Add(new Cluster.Types.TransportSocketMatch
            {
                Name = "tlsMode-istio",
                Match = new Struct { Fields = { ["tlsMode"] = Value.ForString("istio") } },
                TransportSocket = mutual,
            });
            cluster.TransportSocketMatches.Add(new Cluster.Types.TransportSocketMatch
            {
                Name = "tlsMode-disabled",
                Match = new Struct(),
                TransportSocket = TransportSockets.RawBuffer(),
            });
        }

        return http;
    }

    // Without a name of its own the request's host is the server name, and then also what the certificate must show.
    private static UpstreamHttpOptions? WithAutomaticServerName(ClientTLSSettings tls, UpstreamHttpOptions? http)
    {
        if (tls.Sni.Length > 0)
            return http;
        UpstreamHttpOptions result = http ?? new UpstreamHttpOptions
        {
            ExplicitHttpConfig = new UpstreamHttpOptions.Types.ExplicitHttpConfig { HttpProtocolOptions = new Http1ProtocolOptions() },
        };
        result.UpstreamHttpProtocolOptions = new UpstreamHttpProtocolOptions
        {
            AutoSni = true,
            AutoSanValidation = tls.SubjectAltNames.Count == 0 && tls.InsecureSkipVerify != true,
        };
        return result;
    }

    private bool UsesMutualTls(ServiceModel service)
    {
        if (service.MeshExternal || !context.Snapshot.Mesh.AutoMutualTls)
            return false;
        if (service.Resolution == ServiceResolution.Passthrough)
        {
            // One transport socket serves all endpoints here, so all must speak it.
            var endpoints = context.Snapshot.Registry.EndpointsOf(service);
            if (endpoints.Length == 0 || endpoints.Any(endpoint => endpoint.TlsMode != TlsMode.Istio))
                return false;
        }

        return context.Snapshot.PeerAuthentication.ModeFor(service.Namespace, NoLabels, 0) != MutualTlsMode.Disable;
    }

    private IEnumerable<string> Identities(ServiceModel service) => service.SubjectAltNames.Length > 0
        ? service.SubjectAltNames
        : context.Snapshot.Registry.EndpointsOf(service)
            .Select(endpoint => endpoint.Identity)
            .Where(identity => identity.Length > 0)
            .Distinct()
            .Order(StringComparer.Ordinal);

    private static Metadata Describe(ServiceModel service, PortModel port, DestinationRuleModel? rule, Subset? subset)
    {
        Struct istio = new()
        {
            Fields =
            {
                ["services"] = Value.ForList(Value.ForStruct(new Struct
                {
                    Fields =
                    {
                        ["host"] = Value.ForString(service.Hostname),
                        ["name"] = Value.ForString(service.Name),
                        ["namespace"] = Value.ForString(service.Namespace),
                    },
                })),
                ["default_original_port"] = Value.ForNumber(port.Number),
            },
        };
        if (rule is not null)
            istio.Fields["config"] = Value.ForString(Protos.ConfigPath("destination-rule", rule.Namespace, rule.Name));
        if (subset is not null)
            istio.Fields["subset"] = Value.ForString(subset.Name);
        if (service.MeshExternal)
            istio.Fields["external"] = Value.ForBool(true);
        Metadata metadata = new();
        metadata.FilterMetadata["istio"] = istio;
        return metadata;
    }
}
