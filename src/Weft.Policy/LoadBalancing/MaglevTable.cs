using System.IO.Hashing;
using System.Text;

namespace Weft.Policy.LoadBalancing;

/// <summary>
/// Consistent hashing by Google's Maglev table, as in Envoy: one array access for each request and almost even shares; when an endpoint goes, few
/// other requests move. Immutable; any thread.
/// </summary>
public sealed class MaglevTable
{
    /// <summary>The default size; a prime.</summary>
    public const int DefaultSize = 65_537;

    private readonly int[] _owners;

    private MaglevTable(int[] owners) => _owners = owners;

    /// <summary>Builds a table.</summary>
    /// <param name="keys">One key for each endpoint; the same on all proxies.</param>
    /// <param name="weights">One weight for each endpoint, greater than zero.</param>
    /// <param name="size">The number of slots; must be a prime greater than the number of endpoints.</param>
    public static MaglevTable Build(IReadOnlyList<string> keys, IReadOnlyList<double> weights, int size = DefaultSize)
    {
        if (keys.Count == 0)
            return new MaglevTable([]);
        int[] owners = new int[size];
        Array.Fill(owners, -1);
        Entry[] entries = new Entry[keys.Count];
        // The order of endpoints must not depend on how they were announced.
        int[] order = [.. Enumerable.Range(0, keys.Count).OrderBy(i => keys[i], StringComparer.Ordinal)];
        for (int i = 0; i < entries.Length; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes(keys[order[i]]);
            entries[i] = new Entry
            {
                Owner = order[i],
                Weight = weights[order[i]],
                Offset = XxHash64.HashToUInt64(key) % (ulong)size,
                Skip = XxHash64.HashToUInt64(key, 1) % (ulong)(size - 1) + 1,
            };
        }

        double max = weights.Max();
        int filled = 0;
        for (int round = 1; filled < size; round++)
        {
            for (int i = 0; i < entries.Length && filled < size; i++)
            {
                ref Entry entry = ref entries[i];
                if (round * entry.Weight < entry.Target)
                    continue;
                entry.Target += max;
                owners[NextFree(ref entry, owners)] = entry.Owner;
                filled++;
            }
        }

        return new MaglevTable(owners);
    }

    /// <summary>The endpoint for a hash, or −1 when there is none. A later attempt looks elsewhere.</summary>
    public int Find(ulong hash, uint attempt = 0)
    {
        if (_owners.Length == 0)
            return -1;
        if (attempt > 0)
            hash ^= ulong.MaxValue - attempt + 1;
        return _owners[(int)(hash % (ulong)_owners.Length)];
    }

    private static int NextFree(ref Entry entry, int[] owners)
    {
        while (true)
        {
            int slot = (int)((entry.Offset + entry.Skip * entry.Taken) % (ulong)owners.Length);
            entry.Taken++;
            if (owners[slot] < 0)
                return slot;
        }
    }

    private struct Entry
    {
        public int Owner;
        public double Weight;
        public double Target;
        public ulong Offset;
        public ulong Skip;
        public ulong Taken;
    }
}
