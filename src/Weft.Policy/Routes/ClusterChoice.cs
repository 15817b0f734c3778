using Google.Protobuf.WellKnownTypes;
using Weft.Policy.Filters;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>One cluster that a route may forward to, with what is particular to it. Immutable; any thread.</summary>
public sealed class ClusterChoice
{
    /// <summary>The cluster's name; empty when a header names it.</summary>
    public required string Name { get; init; }

    /// <summary>The request header that names the cluster, or null.</summary>
    public HeaderName? NameHeader { get; init; }

    /// <summary>Its share among weighted clusters.</summary>
    public uint Weight { get; init; } = 1;

    /// <summary>Changes to the request's headers, those of the route's levels included, in order.</summary>
    public required HeaderMutations RequestMutations { get; init; }

    /// <summary>Changes to the response's headers, those of the route's levels included, in order.</summary>
    public required HeaderMutations ResponseMutations { get; init; }

    /// <summary>The authority to send instead of the client's, or null; goes before that of the route.</summary>
    public byte[]? HostRewrite { get; init; }

    /// <summary>Settings of filters by filter name, those of the route's levels included.</summary>
    public required IReadOnlyDictionary<string, Any> FilterConfigs { get; init; }

    /// <summary>The same, compiled, for the filters that there are rules for.</summary>
    public required RouteFilters Filters { get; init; }
}
