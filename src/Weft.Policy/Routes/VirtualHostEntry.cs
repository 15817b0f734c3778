using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;

namespace Weft.Policy.Routes;

/// <summary>A compiled virtual host: its routes in order, and what holds for all of them. Immutable; any thread.</summary>
public sealed class VirtualHostEntry
{
    /// <summary>The virtual host's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether plain text is redirected.</summary>
    public TlsRequirement RequireTls { get; init; }

    /// <summary>Whether <c>x-envoy-attempt-count</c> is sent upstream.</summary>
    public bool IncludeRequestAttemptCount { get; init; }

    /// <summary>Whether <c>x-envoy-attempt-count</c> is sent downstream.</summary>
    public bool IncludeAttemptCountInResponse { get; init; }

    /// <summary>Whether <c>x-envoy-is-timeout-retry</c> is sent upstream.</summary>
    public bool IncludeIsTimeoutRetryHeader { get; init; }

    /// <summary>Rate limits of the virtual host, as configured.</summary>
    public IReadOnlyList<RateLimit> RateLimits { get; init; } = [];

    /// <summary>Settings of filters by filter name, as configured.</summary>
    public IReadOnlyDictionary<string, Any> FilterConfigs { get; init; } = RouteEntry.NoFilterConfigs;

    /// <summary>The routes; the first that matches is taken.</summary>
    public IReadOnlyList<RouteEntry> Routes => Entries;

    internal RouteEntry[] Entries { get; private set; } = [];

    internal PathIndex? Index { get; private set; }

    /// <summary>Sets the routes, once, while compiling: they refer back to this instance.</summary>
    internal void SetRoutes(RouteEntry[] entries)
    {
        Entries = entries;
        Index = PathIndex.Build(entries);
    }
}
