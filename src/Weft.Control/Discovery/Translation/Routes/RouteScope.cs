using Envoy.Config.Route.V3;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Clusters;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>Where rules are translated for: one listener port of one proxy.</summary>
/// <param name="Context">The proxy's view of the mesh.</param>
/// <param name="ListenerPort">The port that clients dial; 0 for the HTTP proxy listener.</param>
/// <param name="Gateways">The gateway names that this proxy is: <c>mesh</c> or a Gateway's full name.</param>
/// <param name="IsTls">The listener ends TLS.</param>
internal sealed record RouteScope(ProxyContext Context, int ListenerPort, IReadOnlySet<string> Gateways, bool IsTls)
{
    /// <summary>The cluster of a destination: its port, else the service's only port, else the listener's.</summary>
    public string ClusterOf(Destination destination)
    {
        if (destination.Host.Length == 0)
            return "UnknownService";
        return ClusterNames.Outbound(PortOf(destination), destination.Subset, destination.Host);
    }

    /// <summary>The hash policy that a DestinationRule asks for, or null.</summary>
    public RouteAction.Types.HashPolicy? HashOf(Destination destination)
    {
        if (Context.FindService(destination.Host) is not { } service || Context.DestinationRuleFor(service) is not { } rule)
            return null;
        PortModel? port = service.FindPort(PortOf(destination));
        TrafficPolicy? policy = TrafficPolicies.ForPort(rule.TrafficPolicy, port);
        if (rule.FindSubset(destination.Subset) is { TrafficPolicy: { } ofSubset })
            policy = TrafficPolicies.Merge(policy, ofSubset, port);
        return HashPolicies.Translate(policy?.LoadBalancer?.ConsistentHash);
    }

    private int PortOf(Destination destination)
    {
        if (destination.Port is { Number: > 0 } port)
            return (int)port.Number;
        return Context.FindService(destination.Host) is { Ports.Length: 1 } service ? service.Ports[0].Number : ListenerPort;
    }
}
