using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>
/// Merges a delegate's rules into the root rule that names it. Matches are combined as AND, pair by pair; a pair that can never
/// match both is dropped, and a rule whose pairs all conflict disappears. Other settings are the delegate's, the root's where
/// the delegate has none. Source: Istio's delegate semantics.
/// </summary>
internal static class DelegateMerge
{
    public static IEnumerable<HTTPRoute> Merge(HTTPRoute root, IEnumerable<HTTPRoute> leaves)
    {
        foreach (HTTPRoute leaf in leaves)
        {
            // Delegates nest one level only; validation says so, and a deeper one is skipped here.
            if (leaf.Delegate is null && MergeRoute(root, leaf) is { } merged)
                yield return merged;
        }
    }

    private static HTTPRoute? MergeRoute(HTTPRoute root, HTTPRoute leaf)
    {
        HTTPRoute merged = leaf.Clone();
        merged.Match.Clear();
        if (!MergeMatches(root.Match, leaf.Match, merged.Match))
            return null;
        merged.Name = JoinNames(root.Name, leaf.Name);
        merged.Rewrite ??= root.Rewrite;
        merged.DirectResponse ??= root.DirectResponse;
        merged.Timeout ??= root.Timeout;
        merged.Retries ??= root.Retries;
        merged.Fault ??= root.Fault;
        if (merged.Mirror is null && merged.Mirrors.Count == 0)
        {
            merged.Mirror = root.Mirror;
            merged.Mirrors.Add(root.Mirrors);
            merged.MirrorPercentage ??= root.MirrorPercentage;
        }

        merged.CorsPolicy ??= root.CorsPolicy;
        merged.Headers ??= root.Headers;
        return merged;
    }

    private static bool MergeMatches(
        RepeatedField<HTTPMatchRequest> roots, RepeatedField<HTTPMatchRequest> leaves, RepeatedField<HTTPMatchRequest> merged)
    {
        if (roots.Count == 0 || leaves.Count == 0)
        {
            merged.AddRange(roots.Count == 0 ? leaves : roots);
            return true;
        }

        foreach (HTTPMatchRequest root in roots)
        {
            foreach (HTTPMatchRequest leaf in leaves)
            {
                if (!Conflicts(root, leaf))
                    merged.Add(MergeMatch(root, leaf));
            }
        }

        return merged.Count > 0;
    }

    private static HTTPMatchRequest MergeMatch(HTTPMatchRequest root, HTTPMatchRequest leaf)
    {
        HTTPMatchRequest merged = leaf.Clone();
        merged.Name = JoinNames(root.Name, leaf.Name);
        merged.Uri ??= root.Uri;
        merged.Scheme ??= root.Scheme;
        merged.Method ??= root.Method;
        merged.Authority ??= root.Authority;
        AddMissing(root.Headers, merged.Headers);
        AddMissing(root.WithoutHeaders, merged.WithoutHeaders);
        AddMissing(root.QueryParams, merged.QueryParams);
        AddMissing(root.SourceLabels, merged.SourceLabels);
        merged.IgnoreUriCase |= root.IgnoreUriCase;
        if (merged.Port == 0)
            merged.Port = root.Port;
        if (merged.Gateways.Count == 0)
            merged.Gateways.Add(root.Gateways);
        if (merged.SourceNamespace.Length == 0)
            merged.SourceNamespace = root.SourceNamespace;
        if (merged.StatPrefix.Length == 0)
            merged.StatPrefix = root.StatPrefix;
        return merged;
    }

    private static bool Conflicts(HTTPMatchRequest root, HTTPMatchRequest leaf) =>
        Conflicts(root.Uri, leaf.Uri)
        || Conflicts(root.Scheme, leaf.Scheme)
        || Conflicts(root.Method, leaf.Method)
        || Conflicts(root.Authority, leaf.Authority)
        || root.Headers.Any(pair => leaf.Headers.TryGetValue(pair.Key, out StringMatch? other) && Conflicts(pair.Value, other))
        || root.WithoutHeaders.Any(pair => leaf.WithoutHeaders.TryGetValue(pair.Key, out StringMatch? other) && Conflicts(pair.Value, other))
        || root.QueryParams.Any(pair => leaf.QueryParams.TryGetValue(pair.Key, out StringMatch? other) && Conflicts(pair.Value, other))
        || root.IgnoreUriCase != leaf.IgnoreUriCase
        || (root.Port != 0 && leaf.Port != 0 && root.Port != leaf.Port)
        || root.SourceLabels.Any(pair => leaf.SourceLabels.TryGetValue(pair.Key, out string? other) && other != pair.Value)
        || (root.SourceNamespace.Length > 0 && leaf.SourceNamespace.Length > 0 && root.SourceNamespace != leaf.SourceNamespace);

    // Two patterns are compatible when the leaf only narrows the root. Whether one regular expression narrows another is not
    // decided: it counts as a conflict.
    private static bool Conflicts(StringMatch? root, StringMatch? leaf)
    {
        if (root is null || leaf is null
            || root.MatchTypeCase == StringMatch.MatchTypeOneofCase.None || leaf.MatchTypeCase == StringMatch.MatchTypeOneofCase.None)
        {
            return false;
        }

        return (root.MatchTypeCase, leaf.MatchTypeCase) switch
        {
            (StringMatch.MatchTypeOneofCase.Regex, _) or (_, StringMatch.MatchTypeOneofCase.Regex) => true,
            (StringMatch.MatchTypeOneofCase.Exact, StringMatch.MatchTypeOneofCase.Exact) => root.Exact != leaf.Exact,
            (StringMatch.MatchTypeOneofCase.Exact, _) => true,
            (_, StringMatch.MatchTypeOneofCase.Exact) => !leaf.Exact.StartsWith(root.Prefix, StringComparison.Ordinal),
            _ => !leaf.Prefix.StartsWith(root.Prefix, StringComparison.Ordinal),
        };
    }

    private static void AddMissing<TValue>(MapField<string, TValue> from, MapField<string, TValue> to)
    {
        foreach ((string key, TValue value) in from)
        {
            if (!to.ContainsKey(key))
                to.Add(key, value);
        }
    }

    private static string JoinNames(string root, string leaf) =>
        root.Length == 0 ? leaf : leaf.Length == 0 ? root : $"{root}-{leaf}";
}
