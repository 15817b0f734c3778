using System.Numerics;

namespace Weft.Wire.Http2;

/// <summary>
/// The dynamic table (RFC 7541 section 2.3.2): entries in a ring, their bytes one behind the other in a buffer twice the table's
/// capacity, so that names and values are always in one piece; when its end is reached the living bytes move to its start, which costs
/// one copied byte for each byte added at most. Memory comes with the first entry. One owner, not thread-safe.
/// </summary>
internal sealed class HpackDynamicTable
{
    /// <summary>What an entry counts beyond its bytes (RFC 7541 section 4.1).</summary>
    public const int EntryOverhead = 32;

    private readonly int _capacity;
    private Entry[] _entries = [];
    private uint[] _hashes = [];
    private byte[] _bytes = [];
    private int _newest;
    private int _start;
    private int _end;

    /// <summary>A table that never grows above <paramref name="capacity"/> and starts at that size.</summary>
    public HpackDynamicTable(int capacity)
    {
        _capacity = capacity;
        MaxSize = capacity;
    }

    /// <summary>The size that the table may have now.</summary>
    public int MaxSize { get; private set; }

    /// <summary>The size of the entries, <see cref="EntryOverhead"/> for each included.</summary>
    public int Size { get; private set; }

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>Sets the size, at most the capacity, and evicts what no longer fits.</summary>
    public void Resize(int maxSize)
    {
        MaxSize = Math.Min(maxSize, _capacity);
        Evict(MaxSize);
    }

    /// <summary>Evicts everything.</summary>
    public void Clear() => Evict(0);

    /// <summary>The entry that was added <paramref name="age"/> additions ago; 0 is the newest.</summary>
    public void Read(int age, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out int staticIndex)
    {
        ref readonly Entry entry = ref At(age);
        name = _bytes.AsSpan(entry.Offset, entry.NameLength);
        value = _bytes.AsSpan(entry.Offset + entry.NameLength, entry.ValueLength);
        staticIndex = entry.StaticIndex;
    }

    /// <summary>Adds an entry whose name is not in this table's memory; one larger than the table empties it (RFC 7541 section 4.4).</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int staticIndex, uint hash = 0)
    {
        if (!Reserve(name.Length, value.Length))
            return;
        name.CopyTo(_bytes.AsSpan(_end));
        Push(name.Length, value, staticIndex, hash);
    }

    /// <summary>Adds an entry with the name of a living one, which may be evicted by it.</summary>
    public void AddWithNameOf(int age, ReadOnlySpan<byte> value)
    {
        int nameLength = At(age).NameLength;
        int staticIndex = At(age).StaticIndex;
        if (!Reserve(nameLength, value.Length, age, out Entry source))
            return;
        // Evicting only forgets an entry: its bytes stay where they are until others are written over them, at or behind the end.
        _bytes.AsSpan(source.Offset, nameLength).CopyTo(_bytes.AsSpan(_end));
        Push(nameLength, value, staticIndex, 0);
    }

    /// <summary>The age of an entry with this hash from <paramref name="from"/> on, or −1.</summary>
    public int FindHash(uint hash, int from)
    {
        // Newest first the ring runs from _newest to its end, then from its start.
        int first = Math.Min(Count, _entries.Length - _newest);
        if (from < first)
        {
            int found = _hashes.AsSpan(_newest + from, first - from).IndexOf(hash);
            if (found >= 0)
                return from + found;
            from = first;
        }

        if (from >= Count)
            return -1;
        int wrapped = _hashes.AsSpan(from - first, Count - from).IndexOf(hash);
        return wrapped < 0 ? -1 : from + wrapped;
    }

    private bool Reserve(int nameLength, int valueLength) => Reserve(nameLength, valueLength, -1, out _);

    private bool Reserve(int nameLength, int valueLength, int nameAge, out Entry source)
    {
        source = default;
        long size = (long)nameLength + valueLength + EntryOverhead;
        if (size > MaxSize)
        {
            Evict(0);
            return false;
        }

        if (_entries.Length == 0)
            Allocate();
        if (_end + nameLength + valueLength > _bytes.Length)
            MoveToStart();
        if (nameAge >= 0)
            source = At(nameAge);
        Evict(MaxSize - (int)size);
        return true;
    }

    private void Push(int nameLength, ReadOnlySpan<byte> value, int staticIndex, uint hash)
    {
        value.CopyTo(_bytes.AsSpan(_end + nameLength));
        _newest = _newest == 0 ? _entries.Length - 1 : _newest - 1;
        _entries[_newest] = new Entry { Offset = _end, NameLength = nameLength, ValueLength = value.Length, StaticIndex = staticIndex };
        _hashes[_newest] = hash;
        _end += nameLength + value.Length;
        Count++;
        Size += nameLength + value.Length + EntryOverhead;
    }

    private void Allocate()
    {
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)(_capacity / EntryOverhead + 1));
        _entries = new Entry[slots];
        _hashes = new uint[slots];
        _bytes = new byte[2 * _capacity];
    }

    private void MoveToStart()
    {
        _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        for (int age = 0; age < Count; age++)
            At(age).Offset -= _start;
        _end -= _start;
        _start = 0;
    }

    private void Evict(int size)
    {
        while (Size > size)
        {
            ref readonly Entry oldest = ref At(Count - 1);
            int bytes = oldest.NameLength + oldest.ValueLength;
            _start = oldest.Offset + bytes;
            Size -= bytes + EntryOverhead;
            Count--;
        }

        if (Count == 0)
            _start = _end;
    }

    private ref Entry At(int age) => ref _entries[(_newest + age) & (_entries.Length - 1)];

    private struct Entry
    {
        public int Offset;
        public int NameLength;
        public int ValueLength;
        public int StaticIndex;
    }
}
