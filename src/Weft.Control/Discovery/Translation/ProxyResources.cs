using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Istio.Networking.Nds.V1;

namespace Weft.Control.Discovery.Translation;

/// <summary>Everything that one proxy is given, as xDS messages. Read-only once built.</summary>
public sealed record ProxyResources
{
    public required IReadOnlyList<Listener> Listeners { get; init; }

    public required IReadOnlyList<RouteConfiguration> Routes { get; init; }

    public required IReadOnlyList<Cluster> Clusters { get; init; }

    public required IReadOnlyList<ClusterLoadAssignment> Endpoints { get; init; }

    public required IReadOnlyList<Secret> Secrets { get; init; }

    /// <summary>Host names and the addresses at which this proxy's workload reaches them.</summary>
    public required NameTable Names { get; init; }
}
