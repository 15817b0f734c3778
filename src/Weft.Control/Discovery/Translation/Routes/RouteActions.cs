using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Istio.Networking.V1Alpha3;
using EnvoyRoute = Envoy.Config.Route.V3.Route;
using RetryPolicy = Envoy.Config.Route.V3.RetryPolicy;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>What a rule does with a request: route, redirect or answer itself.</summary>
internal static class RouteActions
{
    /// <summary>Fills the route's action from a rule with destinations.</summary>
    public static void ApplyDestinations(EnvoyRoute route, HTTPRoute rule, string authority, RouteScope scope)
    {
        RouteAction action = new() { Timeout = rule.Timeout ?? Protos.NoTimeout };
        // The older of the two settings, as Istio writes it: without it a gRPC deadline in the request would be ignored.
        action.MaxGrpcTimeout = action.Timeout;
        ApplyRewrite(action, rule.Rewrite, ref authority);
        if (authority.Length > 0)
            action.HostRewriteLiteral = authority;
        ApplyMirrors(action, rule, scope);

        route.Route_ = action;
        bool consistentHash = rule.Route.Count == 1
            ? ApplySingle(route, action, rule.Route[0], scope)
            : ApplyWeighted(action, rule.Route, scope);
        if ((rule.Retries ?? scope.Context.Snapshot.Mesh.Config.DefaultHttpRetryPolicy) is var retry
            && RetryPolicies.Translate(retry, consistentHash) is { } policy)
        {
            action.RetryPolicy = policy;
        }
    }

    public static RedirectAction? Redirect(HTTPRedirect redirect, int listenerPort, bool isTls)
    {
        RedirectAction action = new() { HostRedirect = redirect.Authority };
        if (redirect.RedirectCode is var code && ResponseCode(code) is { } known)
            action.ResponseCode = known;
        else
            return null;
        if (redirect.PrefixRewrite.Length > 0)
            action.PrefixRewrite = redirect.PrefixRewrite;
        else
            action.PathRedirect = redirect.Uri;
        if (redirect.Scheme.Length > 0)
            action.SchemeRedirect = redirect.Scheme;

        action.PortRedirect = redirect.RedirectPortCase switch
        {
            HTTPRedirect.RedirectPortOneofCase.Port => redirect.Port,
            HTTPRedirect.RedirectPortOneofCase.DerivePort when redirect.DerivePort == HTTPRedirect.Types.RedirectPortSelection.FromRequestPort => (uint)listenerPort,
            _ => 0,
        };
        // The scheme's own port is never written out.
        string scheme = redirect.Scheme.Length > 0 ? redirect.Scheme : isTls ? "https" : "http";
        if ((scheme == "http" && action.PortRedirect == 80) || (scheme == "https" && action.PortRedirect == 443))
            action.PortRedirect = 0;
        return action;
    }

    public static DirectResponseAction DirectResponse(HTTPDirectResponse response)
    {
        DirectResponseAction action = new() { Status = response.Status };
        if (response.Body is { } body)
        {
            action.Body = body.SpecifierCase == HTTPBody.SpecifierOneofCase.Bytes
                ? new DataSource { InlineBytes = body.Bytes }
                : new DataSource { InlineString = body.String };
        }

        return action;
    }

    /// <summary>Where requests go that no rule routes: to the service's own cluster.</summary>
    public static EnvoyRoute Default(string cluster, string operation, RetryPolicy? retry) => new()
    {
        Name = "default",
        Match = RouteMatches.Translate(null),
        Decorator = new Decorator { Operation = operation },
        Route_ = new RouteAction
        {
            Cluster = cluster,
            Timeout = Protos.NoTimeout,
            MaxGrpcTimeout = Protos.NoTimeout,
            RetryPolicy = retry,
        },
    };

    private static void ApplyRewrite(RouteAction action, HTTPRewrite? rewrite, ref string authority)
    {
        if (rewrite is null)
            return;
        if (rewrite.UriRegexRewrite is { } regex)
        {
            action.RegexRewrite = new RegexMatchAndSubstitute
            {
                Pattern = new RegexMatcher { Regex = regex.Match },
                Substitution = regex.Rewrite,
            };
        }
        else if (rewrite.Uri.Length > 0)
        {
            action.PrefixRewrite = rewrite.Uri;
        }

        if (rewrite.Authority.Length > 0)
            authority = rewrite.Authority;
    }

    private static bool ApplySingle(EnvoyRoute route, RouteAction action, HTTPRouteDestination target, RouteScope scope)
    {
        action.Cluster = scope.ClusterOf(target.Destination);
        if (HeaderOperations.From(target.Headers) is { } headers)
        {
            route.RequestHeadersToAdd.AddRange(headers.RequestAdd);
            route.RequestHeadersToRemove.AddRange(headers.RequestRemove);
            route.ResponseHeadersToAdd.AddRange(headers.ResponseAdd);
            route.ResponseHeadersToRemove.AddRange(headers.ResponseRemove);
            if (headers.Authority.Length > 0 && action.HostRewriteSpecifierCase == RouteAction.HostRewriteSpecifierOneofCase.None)
                action.HostRewriteLiteral = headers.Authority;
        }

        return AddHash(action, target.Destination, scope);
    }

    private static bool ApplyWeighted(RouteAction action, IEnumerable<HTTPRouteDestination> targets, RouteScope scope)
    {
        action.WeightedClusters = new WeightedCluster();
        foreach (HTTPRouteDestination target in targets.Where(target => target.Weight > 0))
        {
            WeightedCluster.Types.ClusterWeight cluster = new() { Name = scope.ClusterOf(target.Destination), Weight = (uint)target.Weight };
            if (HeaderOperations.From(target.Headers) is { } headers)
            {
                cluster.RequestHeadersToAdd.AddRange(headers.RequestAdd);
                cluster.RequestHeadersToRemove.AddRange(headers.RequestRemove);
                cluster.ResponseHeadersToAdd.AddRange(headers.ResponseAdd);
                cluster.ResponseHeadersToRemove.AddRange(headers.ResponseRemove);
                if (headers.Authority.Length > 0)
                    cluster.HostRewriteLiteral = headers.Authority;
            }

            action.WeightedClusters.Clusters.Add(cluster);
            AddHash(action, target.Destination, scope);
        }

        // Only a route with one destination leaves out the previous-hosts predicate, as in Istio.
        return false;
    }

    private static bool AddHash(RouteAction action, Destination destination, RouteScope scope)
    {
        if (scope.HashOf(destination) is not { } policy)
            return false;
        action.HashPolicy.Add(policy);
        return true;
    }

    private static void ApplyMirrors(RouteAction action, HTTPRoute rule, RouteScope scope)
    {
        if (rule.Mirror is not null && MirrorPercent(rule) is { } percent)
            action.RequestMirrorPolicies.Add(Mirror(rule.Mirror, percent, scope));
        foreach (HTTPMirrorPolicy mirror in rule.Mirrors)
        {
            if (mirror.Destination is not null && (mirror.Percentage is null || mirror.Percentage.Value > 0))
            {
                RuntimeFractionalPercent share = mirror.Percentage is null ? Protos.WholePercent(100) : Protos.Percent(mirror.Percentage.Value);
                action.RequestMirrorPolicies.Add(Mirror(mirror.Destination, share, scope));
            }
        }
    }

    private static RouteAction.Types.RequestMirrorPolicy Mirror(Destination destination, RuntimeFractionalPercent percent, RouteScope scope) => new()
    {
        Cluster = scope.ClusterOf(destination),
        RuntimeFraction = percent,
        TraceSampled = false,
    };

    // An explicit 0 switches the mirror off; nothing said means all requests.
    private static RuntimeFractionalPercent? MirrorPercent(HTTPRoute rule)
    {
        if (rule.MirrorPercentage is { } share)
            return share.Value > 0 ? Protos.Percent(share.Value) : null;
#pragma warning disable CS0612 // Istio's deprecated field is still part of its API.
        if (rule.MirrorPercent is { } whole)
            return whole > 0 ? Protos.WholePercent(whole) : null;
#pragma warning restore CS0612
        return Protos.WholePercent(100);
    }

    private static RedirectAction.Types.RedirectResponseCode? ResponseCode(uint code) => code switch
    {
        0 or 301 => RedirectAction.Types.RedirectResponseCode.MovedPermanently,
        302 => RedirectAction.Types.RedirectResponseCode.Found,
        303 => RedirectAction.Types.RedirectResponseCode.SeeOther,
        307 => RedirectAction.Types.RedirectResponseCode.TemporaryRedirect,
        308 => RedirectAction.Types.RedirectResponseCode.PermanentRedirect,
        _ => null,
    };
}
