using System.Runtime.InteropServices;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// The series of one kind on one worker: a hash table from <see cref="SeriesKey"/> to a run of 64-bit cells in native memory, out
/// of the collector's sight. The worker finds, adds and evicts; any thread may read through <see cref="Read"/>. Holds at most
/// <c>capacity</c> series: at the bound those idle for ten minutes leave, and when none is idle the overflow series counts instead.
/// </summary>
internal sealed unsafe class SeriesTable : IDisposable
{
    private const int SlotsPerChunk = 32;
    private const long IdleSeconds = 600;
    private const long EvictionPauseSeconds = 60;

    private readonly int _stride;
    private readonly int _capacity;
    private readonly nint[] _chunks;
    private readonly int[] _index;
    private readonly uint _mask;
    private readonly Stack<int> _free = new();
    private int _count;
    private long _nextEviction;
    private long _overflowed;

    /// <param name="stride">Cells of one series.</param>
    /// <param name="capacity">The bound; a power of two.</param>
    public SeriesTable(int stride, int capacity)
    {
        _stride = stride;
        _capacity = capacity;
        _chunks = new nint[(capacity + SlotsPerChunk - 1) / SlotsPerChunk];
        _index = new int[capacity * 2];
        _mask = (uint)_index.Length - 1;
    }

    /// <summary>How many records were counted in an overflow series.</summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>One more than the highest slot in use.</summary>
    public int SlotCount => Volatile.Read(ref _count);

    /// <summary>The cells of the key's series, which is added when it is new. On the worker's thread only.</summary>
    public long* Find(SeriesKey key, long nowSeconds)
    {
        for (uint at = key.Hash() & _mask; ; at = (at + 1) & _mask)
        {
            int entry = _index[at];
            if (entry == 0) return Add(key, nowSeconds);
            Slot* slot = At(entry - 1);
            if (slot->Who != key.Who || slot->What != key.What) continue;
            slot->TouchedSeconds = nowSeconds;
            return Cells(slot);
        }
    }

    /// <summary>Copies a slot's key and cells; false for a slot that is free or that was reused meanwhile. On any thread.</summary>
    public bool Read(int slotIndex, out SeriesKey key, Span<long> cells)
    {
        key = default;
        Slot* slot = At(slotIndex);
        uint before = Volatile.Read(ref slot->Generation);
        if ((before & 1) == 0) return false;
        key = new SeriesKey(slot->Who, slot->What);
        long* source = Cells(slot);
        for (int i = 0; i < _stride; i++)
            cells[i] = Volatile.Read(ref source[i]);
        Thread.MemoryBarrier();
        return Volatile.Read(ref slot->Generation) == before;
    }

    public void Dispose()
    {
        foreach (ref nint chunk in _chunks.AsSpan())
        {
            NativeMemory.Free((void*)chunk);
            chunk = 0;
        }

        _count = 0;
    }

    private long* Add(SeriesKey key, long nowSeconds)
    {
        if (_count == _capacity && _free.Count == 0 && nowSeconds >= _nextEviction)
        {
            _nextEviction = nowSeconds + EvictionPauseSeconds;
            Evict(nowSeconds);
        }

        if (_count == _capacity && _free.Count == 0) return Overflow(key, nowSeconds);
        int index = _free.Count > 0 ? _free.Pop() : _count;
        if (index == _count && _chunks[index / SlotsPerChunk] == 0)
            Volatile.Write(ref _chunks[index / SlotsPerChunk], (nint)NativeMemory.AllocZeroed(SlotsPerChunk, (nuint)SlotBytes));
        Slot* slot = At(index);
        slot->Who = key.Who;
        slot->What = key.What;
        slot->TouchedSeconds = nowSeconds;
        new Span<long>(Cells(slot), _stride).Clear();
        // Odd: in use. Readers compare it before and after they copy.
        Volatile.Write(ref slot->Generation, slot->Generation + 1);
        if (index == _count) Volatile.Write(ref _count, index + 1);
        Link(index);
        return Cells(slot);
    }

    private long* Overflow(SeriesKey key, long nowSeconds)
    {
        Volatile.Write(ref _overflowed, _overflowed + 1);
        SeriesKey overflow = key.ToOverflow();
        for (uint at = overflow.Hash() & _mask; _index[at] != 0; at = (at + 1) & _mask)
        {
            Slot* slot = At(_index[at] - 1);
            if (slot->Who == overflow.Who && slot->What == overflow.What) return Cells(slot);
        }

        // The first overflow of its kind takes over the series that has been silent longest.
        int oldest = 0;
        for (int i = 1; i < _count; i++)
        {
            if (At(i)->TouchedSeconds < At(oldest)->TouchedSeconds) oldest = i;
        }

        Release(oldest);
        Rebuild();
        return Add(overflow, nowSeconds);
    }

    private void Evict(long nowSeconds)
    {
        for (int i = 0; i < _count; i++)
        {
            Slot* slot = At(i);
            if ((slot->Generation & 1) != 0 && nowSeconds - slot->TouchedSeconds >= IdleSeconds) Release(i);
        }

        Rebuild();
    }

    private void Release(int index)
    {
        Slot* slot = At(index);
        Volatile.Write(ref slot->Generation, slot->Generation + 1);
        Thread.MemoryBarrier();
        _free.Push(index);
    }

    private void Rebuild()
    {
        Array.Clear(_index);
        for (int i = 0; i < _count; i++)
        {
            if ((At(i)->Generation & 1) != 0) Link(i);
        }
    }

    private void Link(int index)
    {
        Slot* slot = At(index);
        uint at = new SeriesKey(slot->Who, slot->What).Hash() & _mask;
        while (_index[at] != 0) at = (at + 1) & _mask;
        _index[at] = index + 1;
    }

    private int SlotBytes => sizeof(Slot) + _stride * sizeof(long);

    private Slot* At(int index) => (Slot*)(Volatile.Read(ref _chunks[index / SlotsPerChunk]) + index % SlotsPerChunk * SlotBytes);

    private static long* Cells(Slot* slot) => (long*)(slot + 1);

    private struct Slot
    {
        public ulong Who;
        public ulong What;
        public long TouchedSeconds;
        public uint Generation;
    }
}
