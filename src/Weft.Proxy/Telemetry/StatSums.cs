namespace Weft.Proxy.Telemetry;

/// <summary>Sums the workers' <see cref="StatBlock{TStat}"/>s by name.</summary>
internal static class StatSums
{
    public static SortedDictionary<string, long[]> Of<TStat>(
        IReadOnlyList<WorkerTelemetry> workers, int cells, Func<WorkerTelemetry, StatBlocks<TStat>> choose)
        where TStat : struct, Enum
    {
        SortedDictionary<string, long[]> sums = new(StringComparer.Ordinal);
        foreach (WorkerTelemetry worker in workers)
        {
            foreach (StatBlock<TStat> block in choose(worker).All)
            {
                if (!sums.TryGetValue(block.Name, out long[]? sum)) sums.Add(block.Name, sum = new long[cells]);
                block.AddTo(sum);
            }
        }

        return sums;
    }
}
