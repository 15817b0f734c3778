using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Translation.Routes;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>TLS and TCP rules of a VirtualService: which concern a listener, and where they send bytes.</summary>
internal static class L4Matches
{
    public static bool Concerns(TLSMatchAttributes match, RouteScope scope) =>
        Concerns(match.Port, match.Gateways, match.SourceLabels, match.SourceNamespace, scope);

    public static bool Concerns(L4MatchAttributes match, RouteScope scope) =>
        Concerns(match.Port, match.Gateways, match.SourceLabels, match.SourceNamespace, scope);

    /// <summary>A TCP proxy to one destination or, by weight, to several.</summary>
    public static TcpProxy ToProxy(IReadOnlyList<RouteDestination> destinations, RouteScope scope)
    {
        if (destinations.Count == 1)
        {
            string cluster = scope.ClusterOf(destinations[0].Destination);
            return new TcpProxy { StatPrefix = cluster, Cluster = cluster };
        }

        TcpProxy proxy = new() { WeightedClusters = new TcpProxy.Types.WeightedCluster() };
        foreach (RouteDestination destination in destinations.Where(destination => destination.Weight > 0))
        {
            proxy.WeightedClusters.Clusters.Add(new TcpProxy.Types.WeightedCluster.Types.ClusterWeight
            {
                Name = scope.ClusterOf(destination.Destination),
                Weight = (uint)destination.Weight,
            });
        }

        proxy.StatPrefix = proxy.WeightedClusters.Clusters.Count > 0 ? proxy.WeightedClusters.Clusters[0].Name : ClusterNames.BlackHole;
        return proxy;
    }

    private static bool Concerns(uint port, RepeatedField<string> gateways, MapField<string, string> labels, string sourceNamespace, RouteScope scope)
    {
        if (port != 0 && port != scope.ListenerPort)
            return false;
        if (gateways.Count > 0)
            return gateways.Any(scope.Gateways.Contains);
        ProxyDescription proxy = scope.Context.Proxy;
        return labels.All(pair => proxy.Labels.TryGetValue(pair.Key, out string? value) && value == pair.Value)
            && (sourceNamespace.Length == 0 || sourceNamespace == proxy.Namespace);
    }
}
