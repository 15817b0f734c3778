using System.Collections.Frozen;
using System.Net;
using Istio.Networking.Nds.V1;

namespace Weft.Proxy.Dns;

/// <summary>The names of the mesh with their addresses, as the control plane sends them (Istio's NDS). Immutable; a new one replaces the whole.</summary>
public sealed class DnsNameTable
{
    private const string KubernetesRegistry = "Kubernetes";
    private const int MaxNameLength = 253;
    private readonly FrozenDictionary<string, IPAddress[]> names;
    private readonly FrozenDictionary<string, IPAddress[]>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly string[] searchDomains;
    private readonly bool hasWildcards;

    private DnsNameTable(Dictionary<string, IPAddress[]> names, IReadOnlyList<string> searchDomains)
    {
        this.names = names.ToFrozenDictionary(StringComparer.Ordinal);
        lookup = this.names.GetAlternateLookup<ReadOnlySpan<char>>();
        this.searchDomains = [.. searchDomains.Select(domain => "." + domain.Trim('.').ToLowerInvariant()).Where(domain => domain.Length > 1)];
        hasWildcards = names.Keys.Any(name => name.StartsWith("*.", StringComparison.Ordinal));
    }

    /// <summary>No names.</summary>
    public static DnsNameTable Empty { get; } = new([], []);

    /// <summary>How many names there are, short ones and aliases included.</summary>
    public int Count => names.Count;

    /// <summary>
    /// Builds the table for a proxy. A host of the Kubernetes registry is also known as <c>name.namespace.svc</c>, <c>name.namespace</c> and, within its own namespace, <c>name</c>;
    /// other hosts under their aliases. Names or addresses that are none are left out: the control plane checked them, and one bad entry must not cost the others.
    /// </summary>
    /// <param name="table">As received.</param>
    /// <param name="proxyNamespace">The proxy's own namespace, for which short names are.</param>
    /// <param name="searchDomains">The domains that resolvers of this workload append; a known name with one of them appended is known too.</param>
    public static DnsNameTable From(NameTable table, string proxyNamespace, IReadOnlyList<string> searchDomains)
    {
        Dictionary<string, IPAddress[]> names = new(table.Table.Count * 2, StringComparer.Ordinal);
        foreach ((string host, NameTable.Types.NameInfo info) in table.Table)
        {
            IPAddress[] addresses = [.. info.Ips.Select(text => IPAddress.TryParse(text, out IPAddress? address) ? address : null).OfType<IPAddress>()];
            Add(names, host, addresses, replace: true);
            foreach (string alias in info.AltHosts)
                Add(names, alias, addresses, replace: false);
            if (info.AltHosts.Count > 0 || info.Registry != KubernetesRegistry || info.Shortname.Length == 0)
                continue;
            Add(names, $"{info.Shortname}.{info.Namespace}.svc", addresses, replace: false);
            Add(names, $"{info.Shortname}.{info.Namespace}", addresses, replace: false);
            if (info.Namespace == proxyNamespace)
                Add(names, info.Shortname, addresses, replace: false);
        }

        return new DnsNameTable(names, searchDomains);
    }

    /// <summary>Finds a name, in lower case and without its last dot: as it is, without a search domain, under a wildcard. An empty list is a known name without addresses.</summary>
    public bool TryFind(ReadOnlySpan<char> name, out IPAddress[] addresses)
    {
        if (lookup.TryGetValue(name, out addresses!))
            return true;
        foreach (string domain in searchDomains)
        {
            if (name.Length > domain.Length && name.EndsWith(domain, StringComparison.Ordinal) && lookup.TryGetValue(name[..^domain.Length], out addresses!))
                return true;
        }

        if (hasWildcards && name.Length <= MaxNameLength)
            return TryFindWildcard(name, out addresses);
        addresses = [];
        return false;
    }

    /// <summary>The longest suffix that a wildcard covers; a wildcard stands for one label or more, as in Istio.</summary>
    private bool TryFindWildcard(ReadOnlySpan<char> name, out IPAddress[] addresses)
    {
        Span<char> pattern = stackalloc char[MaxNameLength + 1];
        pattern[0] = '*';
        for (int dot = name.IndexOf('.'); dot >= 0;)
        {
            ReadOnlySpan<char> suffix = name[dot..];
            suffix.CopyTo(pattern[1..]);
            if (lookup.TryGetValue(pattern[..(suffix.Length + 1)], out addresses!))
                return true;
            int next = name[(dot + 1)..].IndexOf('.');
            dot = next < 0 ? -1 : dot + 1 + next;
        }

        addresses = [];
        return false;
    }

    private static void Add(Dictionary<string, IPAddress[]> names, string name, IPAddress[] addresses, bool replace)
    {
        name = name.TrimEnd('.').ToLowerInvariant();
        if (name.Length is 0 or > MaxNameLength)
            return;
        if (replace)
            names[name] = addresses;
        else
            names.TryAdd(name, addresses);
    }
}
