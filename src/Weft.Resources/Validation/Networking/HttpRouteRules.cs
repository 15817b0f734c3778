using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for one HTTP rule of a VirtualService: what it does, and what may be combined.</summary>
internal static class HttpRouteRules
{
    public static void Check(Scope at, HTTPRoute route, bool isDelegate, bool appliesToMesh)
    {
        CheckAction(at, route, isDelegate);
        for (int i = 0; i < route.Match.Count; i++)
            HttpMatchRules.Check(at["match"][i], route.Match[i], appliesToMesh);
        Destinations(at["route"], route);
        if (route.Redirect is { } redirect)
            HttpActionRules.Redirect(at["redirect"], redirect, route.Match);
        if (route.DirectResponse is { } response)
            HttpActionRules.DirectResponse(at["directResponse"], response);
        if (route.Rewrite is { } rewrite)
            HttpActionRules.Rewrite(at["rewrite"], rewrite);
        ValueRules.Duration(at["timeout"], route.Timeout);
        if (route.Retries is { } retries)
            HttpPolicyRules.Retries(at["retries"], retries);
        if (route.Fault is { } fault)
            HttpPolicyRules.Fault(at["fault"], fault);
        if (route.CorsPolicy is { } cors)
            HttpPolicyRules.Cors(at["corsPolicy"], cors);
        Mirrors(at, route);
        Headers(at["headers"], route.Headers);
        if (route.Rewrite?.Authority is { Length: > 0 } && route.Headers?.Request is { } request && AuthorityKey(request) is { } key)
            at["headers"]["request"]["set"][key].Report(ValueDiagnostics.Exclusive, "sets the authority, which rewrite.authority sets, too.", "Keep one of them.");
    }

    public static void Destination(Scope at, Destination? destination)
    {
        if (destination is null)
        {
            at.Report(ValueDiagnostics.Required, "is required.", "Write destination: with host: my-service.");
            return;
        }
        if (ValueRules.Required(at["host"], destination.Host, "host: reviews"))
        {
            if (destination.Host == "*")
                at["host"].Report(ValueDiagnostics.Host, "cannot be \"*\": a request goes to one service.", "Name the service.");
            else if (!Names.IsIpAddress(destination.Host))
                ValueRules.WildcardHost(at["host"], destination.Host);
        }
        if (destination.Subset.Length > 0)
            ValueRules.DnsLabel(at["subset"], destination.Subset);
        if (destination.Port is { } port)
            ValueRules.Port(at["port"]["number"], port.Number);
    }

    /// <summary>Weights of several destinations: none negative, and something to share.</summary>
    public static void Weights(Scope at, IReadOnlyList<int> weights)
    {
        for (int i = 0; i < weights.Count; i++)
            ValueRules.NotNegative(at[i]["weight"], weights[i]);
        if (weights.Count > 1 && weights.All(w => w == 0))
            at.Report(RoutingDiagnostics.Weight, "has weights that add up to 0: no request could go anywhere.", "Give each destination its share, such as weight: 50.");
    }

    public static void Headers(Scope at, Headers? headers)
    {
        if (headers is null)
            return;
        Operations(at["request"], headers.Request, isResponse: false);
        Operations(at["response"], headers.Response, isResponse: true);
    }

    private static void CheckAction(Scope at, HTTPRoute route, bool isDelegate)
    {
        bool redirects = route.Redirect is not null, responds = route.DirectResponse is not null, delegates = route.Delegate is not null, routes = route.Route.Count > 0;
        if (!redirects && !responds && !delegates && !routes)
            at.Report(RoutingDiagnostics.NoAction, "does nothing.", "Write route: with a destination, redirect:, directResponse: or delegate:.");
        foreach ((string field, bool isSet) in new[] { ("route", routes), ("fault", route.Fault is not null), ("rewrite", route.Rewrite is not null), ("redirect", redirects) })
        {
            if (!isSet)
                continue;
            if (redirects && field != "redirect")
                Conflict(at[field], "redirect");
            else if (responds)
                Conflict(at[field], "directResponse");
            else if (delegates && (field is "route" or "redirect"))
                Conflict(at[field], "delegate");
        }
        if (!delegates)
            return;
        Scope place = at["delegate"];
        if (isDelegate)
            place.Report(RoutingDiagnostics.Delegate, "is not allowed in a delegate: there is one level only.", "Put the rules here, or give this VirtualService hosts.");
        if (ValueRules.Required(place["name"], route.Delegate!.Name, "name: my-routes") && !Names.IsDnsSubdomain(route.Delegate.Name))
            ValueRules.DnsLabel(place["name"], route.Delegate.Name);
        if (route.Delegate.Namespace.Length > 0)
            ValueRules.DnsLabel(place["namespace"], route.Delegate.Namespace);
    }

    private static void Conflict(Scope at, string other) =>
        at.Report(RoutingDiagnostics.ActionConflict, $"cannot be combined with {other}.", "Keep one of them; use two rules if both are needed.");

    private static void Destinations(Scope at, HTTPRoute route)
    {
        for (int i = 0; i < route.Route.Count; i++)
        {
            Destination(at[i]["destination"], route.Route[i].Destination);
            Headers(at[i]["headers"], route.Route[i].Headers);
        }
        Weights(at, [.. route.Route.Select(r => r.Weight)]);
    }

    private static void Mirrors(Scope at, HTTPRoute route)
    {
        if (route.Mirror is { } mirror)
            Destination(at["mirror"], mirror);
        if (route.Mirrors.Count > 0 && route.Mirror is not null)
            at["mirrors"].Report(ValueDiagnostics.Exclusive, "cannot be set together with mirror.", "Move mirror into the list of mirrors.");
        ValueRules.Percent(at["mirrorPercentage"], route.MirrorPercentage);
        ValueRules.Deprecated(at["mirrorPercent"], route.MirrorPercent is not null, "mirrorPercentage: {value: 50}");
        if (route.MirrorPercent is > 100)
            at["mirrorPercent"].Report(ValueDiagnostics.Percentage, $"is {route.MirrorPercent}, but must be 0 to 100.");
        for (int i = 0; i < route.Mirrors.Count; i++)
        {
            Destination(at["mirrors"][i]["destination"], route.Mirrors[i].Destination);
            ValueRules.Percent(at["mirrors"][i]["percentage"], route.Mirrors[i].Percentage);
        }
    }

    private static void Operations(Scope at, Headers.Types.HeaderOperations? operations, bool isResponse)
    {
        if (operations is null)
            return;
        foreach ((string list, IEnumerable<KeyValuePair<string, string>> headers) in new[] { ("set", operations.Set), ("add", operations.Add) })
        {
            foreach ((string name, string value) in headers)
            {
                bool isAuthority = name.Equals(":authority", StringComparison.OrdinalIgnoreCase);
                if (!isAuthority || isResponse)
                    ChangeableName(at[list][name], name, isResponse);
                HeaderRules.Value(at[list][name], value);
            }
        }
        for (int i = 0; i < operations.Remove.Count; i++)
        {
            string name = operations.Remove[i];
            ChangeableName(at["remove"][i], name, isResponse: true);
        }
    }

    private static void ChangeableName(Scope at, string name, bool isResponse)
    {
        if (name.StartsWith(':') || (isResponse && name.Equals("host", StringComparison.OrdinalIgnoreCase)))
            at.Report(ValueDiagnostics.HeaderName, $"cannot change \"{name}\" here.", "Use rewrite for the path and the authority.");
        else
            HeaderRules.Name(at.Here(), name);
    }

    private static string? AuthorityKey(Headers.Types.HeaderOperations request) =>
        request.Set.Keys.FirstOrDefault(k => k.Equals(":authority", StringComparison.OrdinalIgnoreCase) || k.Equals("host", StringComparison.OrdinalIgnoreCase));
}
