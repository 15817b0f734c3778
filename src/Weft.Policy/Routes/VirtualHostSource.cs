using Envoy.Config.Route.V3;

namespace Weft.Policy.Routes;

/// <summary>Makes the routes of a table's virtual hosts from their bytes, which were valid. Immutable; any thread.</summary>
/// <param name="table">What all virtual hosts of the table share.</param>
/// <param name="maxBody">The largest body of a direct response.</param>
internal sealed class VirtualHostSource(RouteLevels table, uint maxBody)
{
    /// <summary>More than this is compiled at once: it would hold up the worker that comes first.</summary>
    public const int MaxBytes = 4096;

    /// <summary>The routes of a virtual host.</summary>
    public RouteEntry[] Compile(VirtualHostEntry entry, ReadOnlySpan<byte> encoded) =>
        RouteTableCompiler.Routes(VirtualHost.Parser.ParseFrom(encoded), entry, table.Apart(), maxBody, new Place([]));
}
