using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Finds HTTP rules and matches that can never be reached because an earlier one takes everything that they would.</summary>
internal static class RouteReachability
{
    public static void Check(Scope at, IReadOnlyList<HTTPRoute> routes)
    {
        Dictionary<HTTPMatchRequest, int> matches = [];
        Dictionary<string, int> prefixes = new(StringComparer.Ordinal);
        int taker = -1;
        for (int i = 0; i < routes.Count; i++)
        {
            if (taker >= 0)
                at[i].Report(RoutingDiagnostics.Unreachable, $"is never reached: rule {taker} before it matches every request.", "Put the rule without conditions last.");
            else
                CheckMatches(at[i]["match"], routes[i], matches, prefixes);
            Remember(routes[i], i, matches, prefixes);
            if (taker < 0 && (routes[i].Match.Count == 0 || routes[i].Match.Any(IsMatchAll)))
                taker = i;
        }
    }

    private static void CheckMatches(Scope at, HTTPRoute route, Dictionary<HTTPMatchRequest, int> matches, Dictionary<string, int> prefixes)
    {
        for (int m = 0; m < route.Match.Count; m++)
        {
            if (!matches.TryGetValue(WithoutNames(route.Match[m]), out int earlier) && !IsUnderPrefix(route.Match[m], prefixes, out earlier))
                continue;
            at[m].Report(RoutingDiagnostics.Ineffective, $"has no effect: rule {earlier} before it already takes these requests.", "Put the narrower rule first.");
        }
    }

    private static void Remember(HTTPRoute route, int rule, Dictionary<HTTPMatchRequest, int> matches, Dictionary<string, int> prefixes)
    {
        foreach (HTTPMatchRequest match in route.Match)
        {
            matches.TryAdd(WithoutNames(match), rule);
            if (IsOnlyUri(match) && match.Uri is { MatchTypeCase: StringMatch.MatchTypeOneofCase.Prefix } prefix)
                prefixes.TryAdd(prefix.Prefix, rule);
        }
    }

    /// <summary>Two matches that differ in their names only take the same requests.</summary>
    private static HTTPMatchRequest WithoutNames(HTTPMatchRequest match)
    {
        HTTPMatchRequest plain = match.Clone();
        plain.Name = plain.StatPrefix = "";
        return plain;
    }

    private static bool IsMatchAll(HTTPMatchRequest match) =>
        IsOnlyUri(match) && (match.Uri is null || match.Uri is { MatchTypeCase: StringMatch.MatchTypeOneofCase.Prefix, Prefix: "" or "/" });

    /// <summary>True when an earlier rule takes every path that begins as this match's does.</summary>
    private static bool IsUnderPrefix(HTTPMatchRequest match, Dictionary<string, int> prefixes, out int earlier)
    {
        earlier = 0;
        string? path = match.Uri?.MatchTypeCase switch
        {
            StringMatch.MatchTypeOneofCase.Prefix => match.Uri.Prefix,
            StringMatch.MatchTypeOneofCase.Exact => match.Uri.Exact,
            _ => null,
        };
        // A match that ignores case takes more than the prefix does.
        if (path is null || match.IgnoreUriCase || prefixes.Count == 0)
            return false;
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int length = 0; length <= path.Length; length++)
        {
            if (lookup.TryGetValue(path.AsSpan(0, length), out earlier))
                return true;
        }
        return false;
    }

    private static bool IsOnlyUri(HTTPMatchRequest match) =>
        match.Scheme is null && match.Method is null && match.Authority is null && match.Headers.Count == 0 && match.WithoutHeaders.Count == 0
        && match.QueryParams.Count == 0 && match.Port == 0 && match.SourceLabels.Count == 0 && match.SourceNamespace.Length == 0 && match.Gateways.Count == 0;
}
