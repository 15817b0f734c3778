namespace Weft.Proxy.Tls;

/// <summary>One entry of an allow-list of subject alternative names. Pure and immutable.</summary>
/// <param name="Type">The kind of name looked at.</param>
/// <param name="Mode">How to compare.</param>
/// <param name="Value">What to compare with.</param>
/// <param name="IgnoreCase">Compare ASCII letters without case; DNS names always are.</param>
public readonly record struct SanMatcher(SanType Type, SanMatchMode Mode, string Value, bool IgnoreCase = false)
{
    /// <summary>Whether the names of a certificate contain one that this matcher accepts.</summary>
    public bool Matches(PeerNames names) =>
        (Type is SanType.Uri or SanType.Any && MatchesAny(names.Uris, dns: false))
        || (Type is SanType.Dns or SanType.Any && MatchesAny(names.DnsNames, dns: true))
        || (Type is SanType.IpAddress or SanType.Any && MatchesAny(names.IpAddresses, dns: false));

    private bool MatchesAny(IReadOnlyList<string> names, bool dns)
    {
        StringComparison comparison = IgnoreCase || dns ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        foreach (string name in names)
        {
            bool matches = Mode switch
            {
                SanMatchMode.Exact => string.Equals(name, Value, comparison) || (dns && WildcardCovers(name, Value)),
                SanMatchMode.Prefix => name.StartsWith(Value, comparison),
                SanMatchMode.Suffix => name.EndsWith(Value, comparison),
                SanMatchMode.Contains => name.Contains(Value, comparison),
                _ => false,
            };
            if (matches)
                return true;
        }

        return false;
    }

    /// <summary>RFC 6125 6.4.3, strictly: only a whole leftmost label may be a wildcard, and it covers exactly one label.</summary>
    private static bool WildcardCovers(string pattern, string host)
    {
        if (!pattern.StartsWith("*.", StringComparison.Ordinal) || pattern.IndexOf('*', 1) >= 0)
            return false;
        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && pattern.AsSpan(1).Equals(host.AsSpan(dot), StringComparison.OrdinalIgnoreCase) && pattern.IndexOf('.', 2) > 0;
    }
}
