using System.Text;

namespace Weft.Policy.Routes;

/// <summary>
/// Finds the virtual host of a host name in Envoy's order: exact name, longest suffix (<c>*.example.com</c>), longest prefix
/// (<c>example.*</c>), <c>*</c>. A wildcard stands for at least one byte. Immutable after the last <see cref="TryAdd"/>; then any thread.
/// </summary>
internal sealed class DomainIndex
{
    /// <summary>A longer host can only be matched by <c>*</c>; a DNS name has 253 bytes at most.</summary>
    private const int MaxHostBytes = 512;

    private readonly Dictionary<byte[], VirtualHostEntry> _exact = new(ByteKeyComparer.Instance);
    private readonly List<Wildcards> _suffixes = [];
    private readonly List<Wildcards> _prefixes = [];
    private VirtualHostEntry? _any;

    /// <summary>Adds a domain; false when it is there already.</summary>
    public bool TryAdd(string domain, VirtualHostEntry host)
    {
        byte[] lower = Encoding.UTF8.GetBytes(domain.ToLowerInvariant());
        if (domain == "*")
        {
            if (_any is not null)
                return false;
            _any = host;
            return true;
        }

        if (lower[0] == '*')
            return Add(_suffixes, lower[1..], host);
        return lower[^1] == '*' ? Add(_prefixes, lower[..^1], host) : _exact.TryAdd(lower, host);
    }

    /// <summary>The virtual host for a host name in any case, or null.</summary>
    public VirtualHostEntry? Find(ReadOnlySpan<byte> host, out string? how)
    {
        how = "*";
        if (host.Length > MaxHostBytes || (_exact.Count == 0 && _suffixes.Count == 0 && _prefixes.Count == 0))
            return _any;
        Span<byte> lower = stackalloc byte[MaxHostBytes];
        for (int i = 0; i < host.Length; i++)
            lower[i] = ByteCase.Lower(host[i]);
        lower = lower[..host.Length];

        how = "exact";
        if (_exact.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(lower, out VirtualHostEntry? found))
            return found;
        how = "suffix";
        foreach (Wildcards wildcards in _suffixes)
        {
            if (wildcards.Length < lower.Length && wildcards.Hosts.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(lower[^wildcards.Length..], out found))
                return found;
        }

        how = "prefix";
        foreach (Wildcards wildcards in _prefixes)
        {
            if (wildcards.Length < lower.Length && wildcards.Hosts.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(lower[..wildcards.Length], out found))
                return found;
        }

        how = "*";
        return _any;
    }

    private static bool Add(List<Wildcards> all, byte[] part, VirtualHostEntry host)
    {
        Wildcards? wildcards = all.Find(candidate => candidate.Length == part.Length);
        if (wildcards is null)
        {
            wildcards = new Wildcards(part.Length);
            all.Add(wildcards);
            all.Sort((a, b) => b.Length.CompareTo(a.Length));
        }

        return wildcards.Hosts.TryAdd(part, host);
    }

    /// <summary>The wildcards whose fixed part has one length; kept from long to short.</summary>
    private sealed record Wildcards(int Length)
    {
        public Dictionary<byte[], VirtualHostEntry> Hosts { get; } = new(ByteKeyComparer.Instance);
    }
}
