namespace Weft.Proxy.Telemetry;

/// <summary>Sums the series of one kind over all workers: the keys in a stable order, and the cells of each when asked.</summary>
internal sealed class SeriesReader
{
    private readonly List<Entry> _entries = [];
    private readonly long[] _part;

    public SeriesReader(IReadOnlyList<WorkerTelemetry> workers, Func<WorkerTelemetry, SeriesTable> choose, int stride)
    {
        _part = new long[stride];
        foreach (WorkerTelemetry worker in workers)
        {
            SeriesTable table = choose(worker);
            int slots = table.SlotCount;
            for (int slot = 0; slot < slots; slot++)
            {
                if (table.Read(slot, out SeriesKey key, _part)) _entries.Add(new Entry(key, table, slot));
            }
        }

        _entries.Sort(static (a, b) => a.Key.Who != b.Key.Who ? a.Key.Who.CompareTo(b.Key.Who) : a.Key.What.CompareTo(b.Key.What));
    }

    private readonly record struct Entry(SeriesKey Key, SeriesTable Table, int Slot);

    /// <summary>Calls back for each key with the sum of its cells; the span is reused.</summary>
    public void ForEach(Action<SeriesKey, long[]> visit)
    {
        long[] sums = new long[_part.Length];
        for (int i = 0; i < _entries.Count;)
        {
            SeriesKey key = _entries[i].Key;
            Array.Clear(sums);
            bool alive = false;
            for (; i < _entries.Count && _entries[i].Key == key; i++)
            {
                // A slot that was given to another series since the keys were read is left out.
                if (!_entries[i].Table.Read(_entries[i].Slot, out SeriesKey now, _part) || now != key) continue;
                alive = true;
                for (int cell = 0; cell < sums.Length; cell++) sums[cell] += _part[cell];
            }

            if (alive) visit(key, sums);
        }
    }
}
