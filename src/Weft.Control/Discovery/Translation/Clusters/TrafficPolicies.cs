using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Discovery.Translation.Clusters;

/// <summary>Which traffic policy holds for a port and a subset. Source: Istio's DestinationRule merge rules.</summary>
internal static class TrafficPolicies
{
    /// <summary>
    /// The policy for a port: a port-level setting replaces the whole top level for its port, part by part without a deeper merge.
    /// </summary>
    public static TrafficPolicy? ForPort(TrafficPolicy? policy, PortModel? port)
    {
        if (policy is null)
            return null;
        TrafficPolicy result = policy.Clone();
        result.PortLevelSettings.Clear();
        if (port is not null && policy.PortLevelSettings.FirstOrDefault(setting => setting.Port?.Number == port.Number) is { } level)
        {
            result.ConnectionPool = level.ConnectionPool;
            result.OutlierDetection = level.OutlierDetection;
            result.LoadBalancer = level.LoadBalancer;
            result.Tls = level.Tls;
        }

        return result;
    }

    /// <summary>A subset's policy over its host's: each part that the subset gives wins.</summary>
    public static TrafficPolicy? Merge(TrafficPolicy? host, TrafficPolicy? subset, PortModel? port)
    {
        if (subset is null)
            return host;
        TrafficPolicy merged = host?.Clone() ?? new TrafficPolicy();
        Overlay(merged, subset.ConnectionPool, subset.OutlierDetection, subset.LoadBalancer, subset.Tls);
        merged.Tunnel = subset.Tunnel ?? merged.Tunnel;
        merged.ProxyProtocol = subset.ProxyProtocol ?? merged.ProxyProtocol;
        if (port is not null && subset.PortLevelSettings.FirstOrDefault(setting => setting.Port?.Number == port.Number) is { } level)
            Overlay(merged, level.ConnectionPool, level.OutlierDetection, level.LoadBalancer, level.Tls);
        return merged;
    }

    private static void Overlay(
        TrafficPolicy onto, ConnectionPoolSettings? pool, OutlierDetection? outlier, LoadBalancerSettings? balancer, ClientTLSSettings? tls)
    {
        onto.ConnectionPool = pool ?? onto.ConnectionPool;
        onto.OutlierDetection = outlier ?? onto.OutlierDetection;
        onto.LoadBalancer = balancer ?? onto.LoadBalancer;
        onto.Tls = tls ?? onto.Tls;
    }
}
