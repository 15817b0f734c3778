using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Clusters;

namespace Weft.Control.Discovery.Translation.Endpoints;

/// <summary>The endpoints of a cluster, grouped by locality.</summary>
internal static class EndpointAssignments
{
    /// <summary>
    /// The assignment for one port and subset of a service. Unhealthy endpoints are left out, as Istio does; an empty assignment is
    /// still one: the proxy must learn that there is nobody.
    /// </summary>
    public static ClusterLoadAssignment Build(
        ProxyContext context, string clusterName, ServiceModel service, PortModel port, IReadOnlyDictionary<string, string> subsetLabels, bool tunnels = false)
    {
        ClusterLoadAssignment assignment = new() { ClusterName = clusterName };
        IEnumerable<EndpointModel> endpoints = Select(context, service, port, subsetLabels)
            .OrderBy(endpoint => endpoint.Address, StringComparer.Ordinal)
            .ThenBy(endpoint => endpoint.Port);
        foreach (IGrouping<LocalityModel, EndpointModel> group in endpoints.GroupBy(endpoint => endpoint.Locality).OrderBy(g => g.Key.ToString(), StringComparer.Ordinal))
        {
            LocalityLbEndpoints locality = new()
            {
                Locality = new Locality { Region = group.Key.Region, Zone = group.Key.Zone, SubZone = group.Key.SubZone },
                LoadBalancingWeight = (uint)group.Sum(endpoint => endpoint.Weight),
            };
            locality.LbEndpoints.AddRange(group.Select(endpoint => ToEndpoint(endpoint, tunnels && endpoint is { TakesHbone: true, TlsMode: TlsMode.Istio } && IPAddress.TryParse(endpoint.Address, out _))));
            assignment.Endpoints.Add(locality);
        }

        return assignment;
    }

    /// <summary>The healthy endpoints behind one port that carry the subset's labels.</summary>
    public static IEnumerable<EndpointModel> Select(
        ProxyContext context, ServiceModel service, PortModel port, IReadOnlyDictionary<string, string> subsetLabels) =>
        context.Snapshot.Registry.EndpointsOf(service).Where(endpoint => endpoint.ServicePort == port.Number
            && endpoint.Healthy
            && subsetLabels.All(pair => endpoint.Labels.TryGetValue(pair.Key, out string? value) && value == pair.Value));

    private static LbEndpoint ToEndpoint(EndpointModel endpoint, bool tunnel)
    {
        LbEndpoint result = new()
        {
            Endpoint = new Envoy.Config.Endpoint.V3.Endpoint
            {
                Address = endpoint.Address.StartsWith("unix://", StringComparison.Ordinal)
                    ? new Address { Pipe = new Pipe { Path = endpoint.Address["unix://".Length..] } }
                    : Protos.SocketAddress(endpoint.Address, endpoint.Port),
            },
            HealthStatus = HealthStatus.Healthy,
            LoadBalancingWeight = (uint)endpoint.Weight,
            Metadata = new Metadata(),
        };
        if (endpoint.TlsMode == TlsMode.Istio)
            result.Metadata.FilterMetadata["envoy.transport_socket_match"] = new Struct { Fields = { ["tlsMode"] = Value.ForString("istio") } };
        result.Metadata.FilterMetadata["istio"] = new Struct { Fields = { ["workload"] = Value.ForString(WorkloadOf(endpoint)) } };
        if (tunnel)
            Tunnel(result, endpoint);
        return result;
    }

    // Istio's form; the identity that must answer is Weft's own addition.
    private static void Tunnel(LbEndpoint result, EndpointModel endpoint)
    {
        string destination = new IPEndPoint(IPAddress.Parse(endpoint.Address), endpoint.Port).ToString();
        result.Endpoint.Address = HboneClusters.InternalAddress(ClusterNames.ConnectOriginate, destination);
        result.Metadata.FilterMetadata["envoy.transport_socket_match"].Fields["tunnel"] = Value.ForString("http");
        result.Metadata.FilterMetadata["envoy.filters.listener.original_dst"] = new Struct { Fields = { ["local"] = Value.ForString(destination) } };
        if (endpoint.Identity.Length > 0)
            result.Metadata.FilterMetadata["istio"].Fields["identity"] = Value.ForString(endpoint.Identity);
    }

    // name;namespace;canonical name;canonical revision;cluster: what telemetry says about the destination.
    private static string WorkloadOf(EndpointModel endpoint)
    {
        string name = Label(endpoint, "service.istio.io/canonical-name", "app.kubernetes.io/name", "app") ?? endpoint.WorkloadName;
        string revision = Label(endpoint, "service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")
            ?? (name.Length > 0 ? "latest" : "");
        return $"{endpoint.WorkloadName};{endpoint.WorkloadNamespace};{name};{revision};Kubernetes";
    }

    private static string? Label(EndpointModel endpoint, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (endpoint.Labels.TryGetValue(key, out string? value))
                return value;
        }

        return null;
    }
}
