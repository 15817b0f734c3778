using Google.Protobuf.WellKnownTypes;
using Weft.Policy.Filters;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>
/// What the levels above (table, virtual host, route, weighted cluster) add up to while compiling: header changes from the most specific to
/// the least, filter settings where the most specific wins, mirrors.
/// </summary>
internal sealed record RouteLevels(
    bool MostSpecificWins, IReadOnlyList<HeaderMutation[]> Request, IReadOnlyList<HeaderMutation[]> Response, IReadOnlyDictionary<string, Any> FilterConfigs,
    RouteFilters Filters, IReadOnlyList<MirrorRule> Mirrors)
{
    /// <summary>Retry policies compiled so far; shared by all levels of one table.</summary>
    public Dictionary<Envoy.Config.Route.V3.RetryPolicy, Retries.RetryPolicy> KnownRetries { get; private init; } = [];

    /// <summary>
    /// Choices of a cluster and nothing else so far. A table names each cluster many times, and the fewer objects it is made of, the shorter
    /// a collection stops the workers.
    /// </summary>
    public Dictionary<string, ClusterChoice[]> KnownChoices { get; private init; } = [];

    /// <summary>Matchers of a path and nothing else so far; most routes have one of a few.</summary>
    public Dictionary<(PathConditionKind Kind, string Path), RouteMatcher> KnownMatchers { get; private init; } = [];

    public static RouteLevels Top(bool mostSpecificWins) => new(mostSpecificWins, [], [], RouteEntry.NoFilterConfigs, RouteFilters.None, []);

    /// <summary>The same level with nothing known yet: what was compiled so far is neither kept by it nor written to.</summary>
    public RouteLevels Apart() => this with { KnownRetries = [], KnownChoices = [], KnownMatchers = [] };

    /// <summary>A level below, more specific than this one.</summary>
    public RouteLevels With(
        HeaderMutation[] request, HeaderMutation[] response, IDictionary<string, Any> filterConfigs, Place place, IReadOnlyList<MirrorRule>? mirrors = null)
    {
        if (request.Length == 0 && response.Length == 0 && filterConfigs.Count == 0 && mirrors is not { Count: > 0 })
            return this;
        IReadOnlyDictionary<string, Any> configs = FilterConfigs;
        RouteFilters filters = Filters;
        if (filterConfigs.Count > 0)
        {
            Dictionary<string, Any> merged = new(FilterConfigs);
            foreach ((string name, Any config) in filterConfigs)
                merged[name] = config;
            configs = merged;
            filters = Filters.With(filterConfigs, place);
        }

        return this with
        {
            Request = request.Length == 0 ? Request : [request, .. Request],
            Response = response.Length == 0 ? Response : [response, .. Response],
            FilterConfigs = configs,
            Filters = filters,
            Mirrors = mirrors is { Count: > 0 } ? mirrors : Mirrors,
        };
    }

    public HeaderMutations RequestMutations => Order(Request);

    public HeaderMutations ResponseMutations => Order(Response);

    public ClusterChoice Choice(string name, HeaderName? header, uint weight = 1, byte[]? hostRewrite = null) => new()
    {
        Name = name,
        NameHeader = header,
        Weight = weight,
        RequestMutations = RequestMutations,
        ResponseMutations = ResponseMutations,
        HostRewrite = hostRewrite,
        FilterConfigs = FilterConfigs,
        Filters = Filters,
    };

    /// <summary>The one cluster of a route, shared among the routes that add nothing to it.</summary>
    public ClusterChoice[] Single(string name)
    {
        if (Request.Count > 0 || Response.Count > 0 || !ReferenceEquals(FilterConfigs, RouteEntry.NoFilterConfigs) || !ReferenceEquals(Filters, RouteFilters.None))
            return [Choice(name, null)];
        if (!KnownChoices.TryGetValue(name, out ClusterChoice[]? known))
            KnownChoices.Add(name, known = [Choice(name, null)]);
        return known;
    }

    /// <summary>Envoy applies the most specific level first, so that the table's overwrite wins; the option turns that around.</summary>
    private HeaderMutations Order(IReadOnlyList<HeaderMutation[]> levels) =>
        levels.Count == 0 ? HeaderMutations.None : HeaderMutations.Of((MostSpecificWins ? levels.Reverse() : levels).SelectMany(level => level));
}
