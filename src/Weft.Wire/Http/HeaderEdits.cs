using System.Numerics;

namespace Weft.Wire.Http;

/// <summary>
/// What is removed from and added to a received head before it is forwarded. Removed fields are a bit each; added lines are kept as
/// they will stand on the wire, so that writing them is one copy. One instance belongs to one exchange at a time and keeps its arrays
/// when reset, so steady traffic allocates nothing. Not thread-safe: it stays with its worker.
/// </summary>
public sealed class HeaderEdits
{
    /// <summary>The most bytes of added lines.</summary>
    public const int MaxAddedBytes = 64 * 1024;

    /// <summary>The most added lines.</summary>
    public const int MaxAddedFields = 256;

    private byte[] _lines = new byte[1024];
    private int _length;
    private AddedField[] _added = new AddedField[16];
    private int _addedCount;
    private bool _hasDead;
    private ulong[] _removed = new ulong[2];

    /// <summary>True after an addition found no room; the message must then be refused (431 or 502), as it is no longer what was asked for.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>How many added lines there are, removed ones included.</summary>
    internal int AddedCount => _addedCount;

    /// <summary>Upper bound of the bytes that the added lines take.</summary>
    public int AddedBytes => _length;

    /// <summary>Forgets everything and keeps the arrays.</summary>
    public void Reset()
    {
        _length = 0;
        _addedCount = 0;
        _hasDead = false;
        Overflowed = false;
        Array.Clear(_removed);
    }

    /// <summary>Becomes a copy of other edits, which must belong to the same fields.</summary>
    public void CopyFrom(HeaderEdits other)
    {
        if (_lines.Length < other._length)
            _lines = new byte[other._lines.Length];
        other._lines.AsSpan(0, other._length).CopyTo(_lines);
        _length = other._length;
        if (_added.Length < other._addedCount)
            _added = new AddedField[other._added.Length];
        other._added.AsSpan(0, other._addedCount).CopyTo(_added);
        _addedCount = other._addedCount;
        if (_removed.Length < other._removed.Length)
            _removed = new ulong[other._removed.Length];
        Array.Clear(_removed);
        other._removed.CopyTo(_removed, 0);
        _hasDead = other._hasDead;
        Overflowed = other.Overflowed;
    }

    /// <summary>Removes the received field at <paramref name="index"/>.</summary>
    public void Remove(int index)
    {
        int word = index >> 6;
        if (word >= _removed.Length)
            Array.Resize(ref _removed, word + 1);
        _removed[word] |= 1UL << (index & 63);
    }

    /// <summary>True when the received field at <paramref name="index"/> was removed.</summary>
    public bool IsRemoved(int index)
    {
        int word = index >> 6;
        return word < _removed.Length && (_removed[word] & (1UL << (index & 63))) != 0;
    }

    /// <summary>Removes the received fields that concern this connection only or that the limits drop.</summary>
    public void RemoveMarked(ReadOnlySpan<HeaderField> fields)
    {
        for (int i = 0; i < fields.Length; i++)
        {
            if ((fields[i].Flags & HeaderFieldFlags.NotForwarded) != 0)
                Remove(i);
        }
    }

    /// <summary>Removes every field of this name, received or added.</summary>
    public void Remove(HeaderName name, ReadOnlySpan<byte> head, ReadOnlySpan<HeaderField> fields)
    {
        for (int i = 0; i < fields.Length; i++)
        {
            if (name.Matches(fields[i], head))
                Remove(i);
        }

        for (int i = 0; i < _addedCount; i++)
        {
            ref AddedField added = ref _added[i];
            if (added.Known == name.Known && (name.Known != KnownHeader.None || name.Matches(NameOf(added))))
                Kill(ref added);
        }
    }

    /// <summary>Removes every field of a known name, received or added.</summary>
    public void Remove(KnownHeader known, ReadOnlySpan<HeaderField> fields)
    {
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i].Known == known)
                Remove(i);
        }

        for (int i = 0; i < _addedCount; i++)
        {
            if (_added[i].Known == known)
                Kill(ref _added[i]);
        }
    }

    /// <summary>Adds a line behind all others. Name and value must be valid (<see cref="HeaderSyntax"/>).</summary>
    public void Append(HeaderName name, ReadOnlySpan<byte> value) => Append(name.Known, name.Bytes, value, default);

    /// <summary>Adds a line behind all others.</summary>
    public void Append(KnownHeader known, ReadOnlySpan<byte> value) => Append(known, KnownHeaders.Name(known), value, default);

    /// <summary>Adds a line whose value is <c>first, second</c>; a form for lists such as X-Forwarded-For.</summary>
    public void AppendList(KnownHeader known, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        Append(known, KnownHeaders.Name(known), first, second);

    /// <summary>Removes every field of the name, then adds one.</summary>
    public void Set(HeaderName name, ReadOnlySpan<byte> value, ReadOnlySpan<byte> head, ReadOnlySpan<HeaderField> fields)
    {
        Remove(name, head, fields);
        Append(name, value);
    }

    /// <summary>Removes every field of the name, then adds one.</summary>
    public void Set(KnownHeader known, ReadOnlySpan<byte> value, ReadOnlySpan<HeaderField> fields)
    {
        Remove(known, fields);
        Append(known, value);
    }

    /// <summary>The first removed index at or after <paramref name="from"/>, or −1.</summary>
    internal int NextRemoved(int from)
    {
        for (int word = from >> 6; word < _removed.Length; word++)
        {
            ulong bits = _removed[word];
            if (word == from >> 6)
                bits &= ulong.MaxValue << (from & 63);
            if (bits != 0)
                return (word << 6) + BitOperations.TrailingZeroCount(bits);
        }

        return -1;
    }

    /// <summary>Copies the added lines into <paramref name="destination"/> and returns their length, or −1 when they do not fit.</summary>
    internal int CopyAddedTo(Span<byte> destination)
    {
        if (!_hasDead)
            return _lines.AsSpan(0, _length).TryCopyTo(destination) ? _length : -1;
        int written = 0;
        for (int i = 0; i < _addedCount; i++)
        {
            ref readonly AddedField added = ref _added[i];
            if (added.Dead)
                continue;
            int length = added.NameLength + 2 + added.ValueLength + 2;
            if (!_lines.AsSpan(added.Offset, length).TryCopyTo(destination[written..]))
                return -1;
            written += length;
        }

        return written;
    }

    /// <summary>Reads the added line at <paramref name="index"/>; false when it was removed again.</summary>
    internal bool TryReadAdded(int index, out KnownHeader known, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ref readonly AddedField added = ref _added[index];
        known = added.Known;
        name = NameOf(added);
        value = _lines.AsSpan(added.Offset + added.NameLength + 2, added.ValueLength);
        return !added.Dead;
    }

    private ReadOnlySpan<byte> NameOf(in AddedField added) => _lines.AsSpan(added.Offset, added.NameLength);

    private void Kill(ref AddedField added)
    {
        added.Dead = true;
        _hasDead = true;
    }

    private void Append(KnownHeader known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        int valueLength = second.IsEmpty ? first.Length : first.IsEmpty ? second.Length : first.Length + 2 + second.Length;
        int length = name.Length + 2 + valueLength + 2;
        if (_addedCount == MaxAddedFields || _length + length > MaxAddedBytes)
        {
            Overflowed = true;
            return;
        }

        if (_length + length > _lines.Length)
            Array.Resize(ref _lines, Math.Min(MaxAddedBytes, Math.Max(_lines.Length * 2, _length + length)));
        if (_addedCount == _added.Length)
            Array.Resize(ref _added, _added.Length * 2);
        _added[_addedCount++] = new AddedField { Offset = _length, NameLength = (ushort)name.Length, ValueLength = (ushort)valueLength, Known = known };

        Span<byte> line = _lines.AsSpan(_length, length);
        name.CopyTo(line);
        line = line[name.Length..];
        line[0] = (byte)':';
        line[1] = (byte)' ';
        line = line[2..];
        first.CopyTo(line);
        line = line[first.Length..];
        if (!first.IsEmpty && !second.IsEmpty)
        {
            line[0] = (byte)',';
            line[1] = (byte)' ';
            line = line[2..];
        }

        second.CopyTo(line);
        line = line[second.Length..];
        line[0] = (byte)'\r';
        line[1] = (byte)'\n';
        _length += length;
    }

    private struct AddedField
    {
        public int Offset;
        public ushort NameLength;
        public ushort ValueLength;
        public KnownHeader Known;
        public bool Dead;
    }
}
