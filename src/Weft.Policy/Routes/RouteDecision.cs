namespace Weft.Policy.Routes;

/// <summary>Where a request goes: the route, and for one that forwards the cluster that was chosen. Both are instances of the table.</summary>
/// <param name="Route">The route, or null when none matched.</param>
/// <param name="Cluster">The chosen cluster; null unless the route forwards.</param>
public readonly record struct RouteDecision(RouteEntry? Route, ClusterChoice? Cluster)
{
    /// <summary>No virtual host or no route matched.</summary>
    public static RouteDecision NotFound => default;
}
