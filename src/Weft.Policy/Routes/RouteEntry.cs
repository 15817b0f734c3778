using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Weft.Policy.Filters;

namespace Weft.Policy.Routes;

/// <summary>
/// A compiled route: its conditions and what it does. One instance for each route of a table; the data path hands it around by reference.
/// Immutable; any thread.
/// </summary>
public sealed class RouteEntry
{
    internal static readonly IReadOnlyDictionary<string, Any> NoFilterConfigs = new Dictionary<string, Any>();

    /// <summary>The route's name; may be empty.</summary>
    public required string Name { get; init; }

    /// <summary>The virtual host that it belongs to.</summary>
    public required VirtualHostEntry VirtualHost { get; init; }

    /// <summary>What it does.</summary>
    public required RouteActionKind Kind { get; init; }

    /// <summary>How it forwards; null unless <see cref="Kind"/> says so.</summary>
    public ForwardAction? Forward { get; init; }

    /// <summary>Where it redirects to; null unless <see cref="Kind"/> says so.</summary>
    public RedirectRule? Redirect { get; init; }

    /// <summary>What it answers; null unless <see cref="Kind"/> says so.</summary>
    public DirectResponseRule? DirectResponse { get; init; }

    /// <summary>Changes to the request's headers on the way upstream, of all levels, in order. Those of a weighted cluster come with the <see cref="ClusterChoice"/>.</summary>
    public HeaderMutations RequestMutations { get; init; } = HeaderMutations.None;

    /// <summary>Changes to the response's headers on the way downstream, of all levels, in order.</summary>
    public HeaderMutations ResponseMutations { get; init; } = HeaderMutations.None;

    /// <summary>The name of the operation for traces; empty when the route gives none.</summary>
    public string DecoratorOperation { get; init; } = "";

    /// <summary>The prefix of statistics of this route; empty for none.</summary>
    public string StatPrefix { get; init; } = "";

    /// <summary>What the names of this route's statistics begin with: <c>HOST.route.PREFIX</c>; empty for none.</summary>
    public string StatName { get; init; } = "";

    /// <summary>How much of a request may be buffered for retries, in bytes; null for the listener's limit.</summary>
    public uint? BufferLimitBytes { get; init; }

    /// <summary>The route's metadata as configured, or null.</summary>
    public Metadata? Metadata { get; init; }

    /// <summary>Settings of filters by filter name: the route's own, else the virtual host's, else the table's.</summary>
    public IReadOnlyDictionary<string, Any> FilterConfigs { get; init; } = NoFilterConfigs;

    /// <summary>The same, compiled, for the filters that there are rules for. A forwarding route's come with its <see cref="ClusterChoice"/>.</summary>
    public RouteFilters Filters { get; init; } = RouteFilters.None;

    /// <summary>The conditions in words.</summary>
    public string Conditions => Matcher.ToString();

    internal RouteMatcher Matcher { get; init; } = RouteMatcher.Any;
}
