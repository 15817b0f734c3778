namespace Weft.Control.Discovery.Registry;

/// <summary>Istio's rules for hosts: short names, wildcards (<c>*</c>, <c>*.suffix</c>) and which of two is more specific.</summary>
public static class HostNames
{
    public static bool IsWildcard(string host) => host.StartsWith('*');

    /// <summary>Adds <c>.namespace.svc.domain</c> to a name without dots; anything else stays.</summary>
    public static string Resolve(string host, string configNamespace, string domainSuffix)
    {
        if (host.Length == 0 || host.Contains('.', StringComparison.Ordinal) || host.StartsWith('*'))
            return host;
        return $"{host}.{configNamespace}.svc.{domainSuffix}";
    }

    /// <summary>Whether two host patterns overlap: each may be a wildcard.</summary>
    public static bool Matches(string a, string b)
    {
        bool aWild = IsWildcard(a), bWild = IsWildcard(b);
        if (aWild && bWild)
        {
            return a.Length < b.Length
                ? b.AsSpan(1).EndsWith(a.AsSpan(1), StringComparison.OrdinalIgnoreCase)
                : a.AsSpan(1).EndsWith(b.AsSpan(1), StringComparison.OrdinalIgnoreCase);
        }

        if (aWild)
            return b.AsSpan().EndsWith(a.AsSpan(1), StringComparison.OrdinalIgnoreCase);
        if (bWild)
            return a.AsSpan().EndsWith(b.AsSpan(1), StringComparison.OrdinalIgnoreCase);
        return string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether every host of <paramref name="inner"/> also falls under <paramref name="outer"/>.</summary>
    public static bool IsSubsetOf(string inner, string outer)
    {
        if (IsWildcard(outer))
        {
            if (IsWildcard(inner) && inner.Length < outer.Length)
                return false;
            return inner.AsSpan().EndsWith(outer.AsSpan(1), StringComparison.OrdinalIgnoreCase);
        }

        return !IsWildcard(inner) && string.Equals(inner, outer, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Orders the more specific first: exact before wildcard, longer before shorter, then by name.</summary>
    public static int CompareSpecificity(string a, string b)
    {
        bool aWild = IsWildcard(a), bWild = IsWildcard(b);
        if (aWild != bWild)
            return aWild ? 1 : -1;
        if (a.Length != b.Length)
            return b.Length.CompareTo(a.Length);
        return string.CompareOrdinal(a, b);
    }

    /// <summary>The most specific pattern of <paramref name="patterns"/> that covers <paramref name="host"/>, or null.</summary>
    public static string? MostSpecificMatch(string host, IEnumerable<string> patterns)
    {
        string? best = null;
        foreach (string pattern in patterns)
        {
            if (IsSubsetOf(host, pattern) && (best is null || CompareSpecificity(pattern, best) < 0))
                best = pattern;
        }

        return best;
    }
}
