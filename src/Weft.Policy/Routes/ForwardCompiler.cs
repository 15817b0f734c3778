using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.Collections;
using Weft.Policy.LoadBalancing;
using Weft.Wire.Http;
using RetryPolicy = Weft.Policy.Retries.RetryPolicy;

namespace Weft.Policy.Routes;

/// <summary>Compiles what a route does when it forwards. Control side; allocates.</summary>
internal static class ForwardCompiler
{
    public static ForwardAction? Compile(RouteAction action, PathCondition path, RouteLevels levels, RetryPolicy? hostRetry, Place place)
    {
        int before = place.Errors.Count;
        Refuse(action, place);
        ClusterChoice[] clusters = Clusters(action, levels, place);
        RetryPolicy? retry = (action.RetryPolicy is { } own ? RetryPolicyCompiler.Compile(own, levels.KnownRetries, place.At("retry_policy")) : null) ?? hostRetry;
        IReadOnlyList<MirrorRule> mirrors = Mirrors(action.RequestMirrorPolicies, place);
        if (action.PrefixRewrite.Length > 0 && action.RegexRewrite is not null)
            place.At("regex_rewrite").Error("only one of prefix_rewrite and regex_rewrite can be set.");
        RouteAction.Types.MaxStreamDuration? durations = action.MaxStreamDuration;
        ForwardAction forward = new()
        {
            Path = path,
            Clusters = clusters,
            TotalWeight = TotalWeight(clusters),
            PrefixRewrite = Bytes(action.PrefixRewrite, place, "prefix_rewrite"),
            PathRewrite = ConditionCompiler.Replacement(action.RegexRewrite, place, "regex_rewrite"),
            HostRewrite = Bytes(action.HostRewriteLiteral, place, "host_rewrite_literal"),
            AutoHostRewrite = action.AutoHostRewrite ?? false,
            HostRewriteHeader = Header(action.HostRewriteHeader, place, "host_rewrite_header"),
            HostRewriteFromPath = ConditionCompiler.Replacement(action.HostRewritePathRegex, place, "host_rewrite_path_regex"),
            AppendForwardedHost = action.AppendXForwardedHost,
            Timeout = Durations.Read(action.Timeout, place, "timeout") ?? ForwardAction.DefaultTimeout,
            IdleTimeout = Durations.Read(action.IdleTimeout, place, "idle_timeout"),
            MaxStreamDuration = Durations.Read(durations?.MaxStreamDuration_, place, "max_stream_duration.max_stream_duration"),
            GrpcTimeoutMax = Durations.Read(durations?.GrpcTimeoutHeaderMax, place, "max_stream_duration.grpc_timeout_header_max"),
            GrpcTimeoutOffset = Durations.Read(durations?.GrpcTimeoutHeaderOffset, place, "max_stream_duration.grpc_timeout_header_offset") ?? TimeSpan.Zero,
            GrpcRouteTimeoutMax = Durations.Read(action.MaxGrpcTimeout, place, "max_grpc_timeout"),
            GrpcRouteTimeoutOffset = Durations.Read(action.GrpcTimeoutOffset, place, "grpc_timeout_offset") ?? TimeSpan.Zero,
            Retry = retry,
            Mirrors = mirrors.Count > 0 ? mirrors : levels.Mirrors,
            HashRules = action.HashPolicy.Count == 0 ? [] : [.. action.HashPolicy.Select((policy, i) => Hash(policy, place.At("hash_policy", i))).OfType<HashRule>()],
            HighPriority = action.Priority == RoutingPriority.High,
            RateLimits = action.RateLimits.Count == 0 ? [] : [.. action.RateLimits],
            IncludeVirtualHostRateLimits = action.IncludeVhRateLimits ?? false,
            Upgrades = action.UpgradeConfigs.Count == 0 ? [] : [.. action.UpgradeConfigs.Select((upgrade, i) => Upgrade(upgrade, place.At("upgrade_configs", i)))],
            ClusterNotFoundStatus = action.ClusterNotFoundResponseCode switch
            {
                RouteAction.Types.ClusterNotFoundResponseCode.NotFound => 404,
                RouteAction.Types.ClusterNotFoundResponseCode.InternalServerError => 500,
                _ => 503,
            },
        };
        return place.Errors.Count > before ? null : forward;
    }

    public static IReadOnlyList<MirrorRule> Mirrors(RepeatedField<RouteAction.Types.RequestMirrorPolicy> policies, Place place)
    {
        if (policies.Count == 0)
            return [];
        List<MirrorRule> mirrors = [];
        for (int i = 0; i < policies.Count; i++)
        {
            RouteAction.Types.RequestMirrorPolicy policy = policies[i];
            Place here = place.At("request_mirror_policies", i);
            if (policy.Cluster.Length > 0 == policy.ClusterHeader.Length > 0)
                here.Error("exactly one of cluster and cluster_header must be set.");
            (uint fraction, uint of) = ConditionCompiler.Fraction(policy.RuntimeFraction);
            (fraction, of) = of == 0 ? (1, 1) : (fraction, of);
            mirrors.Add(new MirrorRule(policy.Cluster, Header(policy.ClusterHeader, here, "cluster_header"), fraction, of, !policy.DisableShadowHostSuffixAppend));
        }

        return mirrors;
    }

    private static void Refuse(RouteAction action, Place place)
    {
        place.Refuse(action.RetryPolicyTypedConfig is not null, "retry_policy_typed_config");
        place.Refuse(action.MetadataMatch is not null, "metadata_match");
        place.Refuse(action.Cors is not null, "cors");
        place.Refuse(action.HedgePolicy is not null, "hedge_policy");
        place.Refuse(action.InternalRedirectPolicy is not null, "internal_redirect_policy");
    }

    private static ClusterChoice[] Clusters(RouteAction action, RouteLevels levels, Place place)
    {
        switch (action.ClusterSpecifierCase)
        {
            case RouteAction.ClusterSpecifierOneofCase.Cluster:
                return levels.Single(action.Cluster);
            case RouteAction.ClusterSpecifierOneofCase.ClusterHeader:
                return [levels.Choice("", Header(action.ClusterHeader, place, "cluster_header"))];
            case RouteAction.ClusterSpecifierOneofCase.WeightedClusters:
                return Weighted(action.WeightedClusters, levels, place.At("weighted_clusters"));
            case RouteAction.ClusterSpecifierOneofCase.None:
                place.Error("one of cluster, cluster_header and weighted_clusters must be set.");
                return [];
            default:
                place.Error("cluster specifier plugins are not supported.");
                return [];
        }
    }

    private static ClusterChoice[] Weighted(WeightedCluster weighted, RouteLevels levels, Place place)
    {
        place.Refuse(weighted.HeaderName.Length > 0, "header_name");
        ulong sum = weighted.Clusters.Aggregate(0UL, (total, cluster) => total + (cluster.Weight ?? 0));
        if (sum is 0 or > uint.MaxValue)
            place.At("clusters").Error("the sum of all weights must be between 1 and 4,294,967,295.");
        if (weighted.TotalWeight is { } total && total != sum)
            place.At("total_weight").Error($"the weights add up to {sum}, not to {total}.");
        ClusterChoice[] choices = new ClusterChoice[weighted.Clusters.Count];
        for (int i = 0; i < choices.Length; i++)
        {
            WeightedCluster.Types.ClusterWeight cluster = weighted.Clusters[i];
            Place here = place.At("clusters", i);
            here.Refuse(cluster.MetadataMatch is not null, "metadata_match");
            if (cluster.Name.Length > 0 == cluster.ClusterHeader.Length > 0)
                here.Error("exactly one of name and cluster_header must be set.");
            HeaderMutation[] request = HeaderMutationCompiler.Compile(cluster.RequestHeadersToAdd, cluster.RequestHeadersToRemove, here, "request");
            HeaderMutation[] response = HeaderMutationCompiler.Compile(cluster.ResponseHeadersToAdd, cluster.ResponseHeadersToRemove, here, "response");
            choices[i] = levels.With(request, response, cluster.TypedPerFilterConfig, here).Choice(
                cluster.Name, Header(cluster.ClusterHeader, here, "cluster_header"), cluster.Weight ?? 0, Bytes(cluster.HostRewriteLiteral, here, "host_rewrite_literal"));
        }

        return choices;
    }

    private static HashRule? Hash(RouteAction.Types.HashPolicy policy, Place place)
    {
        switch (policy.PolicySpecifierCase)
        {
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.Header:
                place.Refuse(policy.Header.RegexRewrite is not null, "header.regex_rewrite");
                return new HashRule { Kind = HashRuleKind.Header, Header = Header(policy.Header.HeaderName, place, "header.header_name"), Terminal = policy.Terminal };
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.Cookie:
                place.Refuse(policy.Cookie.Attributes.Count > 0, "cookie.attributes");
                return new HashRule
                {
                    Kind = HashRuleKind.Cookie,
                    Name = policy.Cookie.Name,
                    CookieTimeToLive = Durations.Read(policy.Cookie.Ttl, place, "cookie.ttl"),
                    CookiePath = policy.Cookie.Path,
                    Terminal = policy.Terminal,
                };
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.ConnectionProperties:
                return policy.ConnectionProperties.SourceIp ? new HashRule { Kind = HashRuleKind.SourceAddress, Terminal = policy.Terminal } : null;
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.QueryParameter:
                return new HashRule { Kind = HashRuleKind.QueryParameter, Name = policy.QueryParameter.Name, Terminal = policy.Terminal };
            default:
                place.Error("only header, cookie, connection_properties and query_parameter are supported.");
                return null;
        }
    }

    private static UpgradeRule Upgrade(RouteAction.Types.UpgradeConfig upgrade, Place place)
    {
        if (upgrade.ConnectConfig is not null && !upgrade.UpgradeType.Equals("CONNECT", StringComparison.OrdinalIgnoreCase))
            place.At("connect_config").Error("only the upgrade type CONNECT can have it.");
        place.Refuse(upgrade.ConnectConfig?.ProxyProtocolConfig is not null, "connect_config.proxy_protocol_config");
        place.Refuse(upgrade.ConnectConfig?.AllowPost ?? false, "connect_config.allow_post");
        return new UpgradeRule(upgrade.UpgradeType, upgrade.Enabled ?? true, upgrade.ConnectConfig is not null);
    }

    private static uint TotalWeight(ClusterChoice[] clusters)
    {
        uint total = 0;
        foreach (ClusterChoice cluster in clusters)
            total += cluster.Weight;
        return total;
    }

    private static HeaderName? Header(string name, Place above, string field)
    {
        if (name.Length == 0)
            return null;
        // Envoy names the authority like a header.
        if (HeaderName.TryCreate(name is ":authority" ? "host" : name, out HeaderName? header))
            return header;
        above.At(field).Error($"'{name}' is not a header name.");
        return null;
    }

    private static byte[]? Bytes(string text, Place above, string field)
    {
        if (text.Length == 0)
            return null;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (!HeaderSyntax.IsTarget(bytes))
            above.At(field).Error($"'{text}' holds a space, a control character or a #.");
        return bytes;
    }
}
