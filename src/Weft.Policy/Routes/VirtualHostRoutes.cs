namespace Weft.Policy.Routes;

/// <summary>The compiled routes of one virtual host, in order, and the index over them when there are many. Immutable; any thread.</summary>
internal sealed class VirtualHostRoutes(RouteEntry[] entries)
{
    public RouteEntry[] Entries { get; } = entries;

    /// <summary>Null when walking is quicker.</summary>
    public PathIndex? Index { get; } = PathIndex.Build(entries);
}
