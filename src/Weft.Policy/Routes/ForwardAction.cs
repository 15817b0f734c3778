using Envoy.Config.Route.V3;
using Weft.Policy.LoadBalancing;
using Weft.Policy.Regex;
using Weft.Wire.Http;
using RetryPolicy = Weft.Policy.Retries.RetryPolicy;

namespace Weft.Policy.Routes;

/// <summary>How a route forwards: to which cluster, with what rewriting, within what time. Immutable; any thread.</summary>
public sealed class ForwardAction
{
    /// <summary>Envoy's route timeout when none is configured.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The clusters; more than one are chosen among by weight.</summary>
    public required ClusterChoice[] Clusters { get; init; }

    /// <summary>What replaces the matched prefix of the path, or null.</summary>
    public byte[]? PrefixRewrite { get; init; }

    /// <summary>What rewrites the path by pattern, or null.</summary>
    public RegexReplacement? PathRewrite { get; init; }

    /// <summary>The authority to send upstream, or null for the client's.</summary>
    public byte[]? HostRewrite { get; init; }

    /// <summary>Whether the authority is the name of the chosen endpoint (DNS clusters).</summary>
    public bool AutoHostRewrite { get; init; }

    /// <summary>The request header whose value becomes the authority, or null.</summary>
    public HeaderName? HostRewriteHeader { get; init; }

    /// <summary>A pattern over the path whose result becomes the authority, or null.</summary>
    public RegexReplacement? HostRewriteFromPath { get; init; }

    /// <summary>Whether the old authority is appended to <c>x-forwarded-host</c> when it is rewritten.</summary>
    public bool AppendForwardedHost { get; init; }

    /// <summary>Time for the whole exchange from the end of the request, retries included; zero for none.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Time without any byte on the stream; null for the connection manager's setting, zero for none.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>The longest life of the stream; null for the connection manager's setting, zero for none.</summary>
    public TimeSpan? MaxStreamDuration { get; init; }

    /// <summary>
    /// The upper bound of a client's <c>grpc-timeout</c>, which then is the longest life of the stream; null when the header is not honoured so, zero for no bound.
    /// </summary>
    public TimeSpan? GrpcTimeoutMax { get; init; }

    /// <summary>What is taken off a client's <c>grpc-timeout</c> for the life of the stream.</summary>
    public TimeSpan GrpcTimeoutOffset { get; init; }

    /// <summary>
    /// The upper bound of a client's <c>grpc-timeout</c>, which then takes the place of <see cref="Timeout"/> for gRPC requests (the older of the two settings);
    /// null when the header is not honoured so, zero for no bound.
    /// </summary>
    public TimeSpan? GrpcRouteTimeoutMax { get; init; }

    /// <summary>What is taken off a client's <c>grpc-timeout</c> for the route's timeout.</summary>
    public TimeSpan GrpcRouteTimeoutOffset { get; init; }

    /// <summary>When and how often to retry; null for never. The virtual host's when the route has none.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>Where copies go.</summary>
    public IReadOnlyList<MirrorRule> Mirrors { get; init; } = [];

    /// <summary>What consistent hashing looks at, in order.</summary>
    public IReadOnlyList<HashRule> HashRules { get; init; } = [];

    /// <summary>Whether the high-priority circuit breakers count.</summary>
    public bool HighPriority { get; init; }

    /// <summary>Rate limits of the route, as configured.</summary>
    public IReadOnlyList<RateLimit> RateLimits { get; init; } = [];

    /// <summary>Whether the virtual host's rate limits apply too although the route has its own.</summary>
    public bool IncludeVirtualHostRateLimits { get; init; }

    /// <summary>Upgrades that this route allows or forbids, before the connection manager's.</summary>
    public IReadOnlyList<UpgradeRule> Upgrades { get; init; } = [];

    /// <summary>The status when the cluster does not exist.</summary>
    public int ClusterNotFoundStatus { get; init; } = 503;

    /// <summary>Whether the path that goes upstream differs from the one received.</summary>
    public bool RewritesPath => PrefixRewrite is not null || PathRewrite is not null;

    internal uint TotalWeight { get; init; }

    internal PathCondition Path { get; init; } = PathCondition.Any;

    /// <summary>Chooses a cluster with a random number; the same number gives the same cluster.</summary>
    public ClusterChoice Choose(ulong random)
    {
        if (Clusters.Length == 1)
            return Clusters[0];
        uint point = (uint)(random % TotalWeight);
        foreach (ClusterChoice choice in Clusters)
        {
            if (point < choice.Weight)
                return choice;
            point -= choice.Weight;
        }

        return Clusters[^1];
    }

    /// <summary>Writes the path and query to send upstream, rewritten where asked; −1 when it does not fit.</summary>
    public int WriteTarget(scoped in RequestView request, Span<byte> destination) =>
        PathWriter.Write(request, Path, PrefixRewrite, PathRewrite, keepQuery: true, destination);
}
