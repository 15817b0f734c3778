using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Weft.Policy.LoadBalancing;

/// <summary>
/// Consistent hashing by a ring of points (Envoy's ring_hash): each endpoint stands at as many points as its weight asks for; a request goes to
/// the first point at or behind its hash. When an endpoint goes, only its own requests move. Immutable; any thread.
/// </summary>
public sealed class HashRing
{
    /// <summary>Istio's and Envoy's smallest ring.</summary>
    public const int DefaultMinPoints = 1024;

    /// <summary>The largest ring that is built: 768 KiB.</summary>
    public const int MaxPoints = 65_536;

    private readonly ulong[] _hashes;
    private readonly int[] _owners;

    private HashRing(ulong[] hashes, int[] owners)
    {
        _hashes = hashes;
        _owners = owners;
    }

    /// <summary>How many points the ring has.</summary>
    public int Points => _hashes.Length;

    /// <summary>Builds a ring.</summary>
    /// <param name="keys">One key for each endpoint, its address with port unless configured otherwise; the same on all proxies.</param>
    /// <param name="weights">One weight for each endpoint, greater than zero.</param>
    /// <param name="minPoints">The smallest ring; more points spread load more evenly.</param>
    /// <param name="maxPoints">The largest ring; at most <see cref="MaxPoints"/>.</param>
    public static HashRing Build(IReadOnlyList<string> keys, IReadOnlyList<double> weights, int minPoints = DefaultMinPoints, int maxPoints = MaxPoints)
    {
        maxPoints = Math.Min(maxPoints, MaxPoints);
        double sum = weights.Sum();
        double smallest = weights.Count == 0 ? 1 : weights.Min() / sum;
        double scale = Math.Min(Math.Ceiling(smallest * Math.Min(minPoints, maxPoints)) / smallest, maxPoints);
        List<(ulong Hash, int Owner)> points = new((int)Math.Ceiling(scale));
        double target = 0;
        for (int i = 0; i < keys.Count; i++)
        {
            target += scale * (weights[i] / sum);
            for (int point = 0; points.Count < target; point++)
                points.Add((XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{keys[i]}_{point}"))), i));
        }

        points.Sort();
        return new HashRing([.. points.Select(point => point.Hash)], [.. points.Select(point => point.Owner)]);
    }

    /// <summary>The endpoint for a hash, or −1 when there is none. A later attempt goes to a following point.</summary>
    public int Find(ulong hash, uint attempt = 0)
    {
        if (_hashes.Length == 0)
            return -1;
        int low = 0, high = _hashes.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_hashes[middle] < hash)
                low = middle + 1;
            else
                high = middle;
        }

        return _owners[(int)(((uint)low + attempt) % (uint)_owners.Length)];
    }
}
