using System.Runtime.CompilerServices;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// The counters of one thing (a cluster, a listener …) on one worker, one cell for each member of <typeparamref name="TStat"/>.
/// Only its worker writes; any thread may read, and sees each cell whole but not all cells of one moment.
/// </summary>
public sealed class StatBlock<TStat>
    where TStat : struct, Enum
{
    private readonly long[] _cells = new long[Enum.GetValues<TStat>().Length];

    internal StatBlock(string name) => Name = name;

    /// <summary>The cluster's or listener's name, or the stat prefix.</summary>
    public string Name { get; }

    /// <summary>Adds to a counter, or changes a gauge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(TStat stat, long amount = 1)
    {
        // Plain, not interlocked: one writer, and an aligned 64-bit store is whole.
        _cells[Unsafe.BitCast<TStat, int>(stat)] += amount;
    }

    /// <summary>The cell's value now.</summary>
    public long Get(TStat stat) => Volatile.Read(ref _cells[Unsafe.BitCast<TStat, int>(stat)]);

    /// <summary>Adds all cells to <paramref name="sums"/>, which has as many.</summary>
    internal void AddTo(Span<long> sums)
    {
        for (int i = 0; i < _cells.Length; i++)
            sums[i] += Volatile.Read(ref _cells[i]);
    }
}
