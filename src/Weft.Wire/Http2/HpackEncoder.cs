using System.Buffers.Binary;
using System.Text;
using Weft.Wire.Http;

namespace Weft.Wire.Http2;

/// <summary>
/// Encodes header blocks (RFC 7541). One instance belongs to one direction of one connection; what it writes must be sent, all of it and
/// in order. Names that are stable on a connection (authority, user agent, content type …) go into its table at once, those that differ
/// from request to request never, all others the second time that the same field comes by. Credentials and short cookies are
/// never-indexed. Not thread-safe; it allocates once, for its table.
/// </summary>
public sealed class HpackEncoder
{
    /// <summary>The most bytes that <see cref="TryBegin"/> takes.</summary>
    public const int MaxBeginBytes = 2 * HpackInteger.MaxBytes;

    private const int SeenSlots = 64;
    private const int MaxFoldedName = 256;
    private readonly HpackDynamicTable _table;
    private readonly uint[] _seen = new uint[SeenSlots];
    private readonly int _ownMaxSize;
    private int _smallestSize;
    private bool _mustUpdate;

    /// <summary>An encoder that uses <paramref name="maxTableSize"/> bytes of table at most, whatever the peer allows.</summary>
    public HpackEncoder(int maxTableSize = Http2Settings.DefaultHeaderTableSize)
    {
        _ownMaxSize = maxTableSize;
        _table = new HpackDynamicTable(maxTableSize);
        // The peer starts with the default on both sides: a smaller table must be said, a larger one must wait for its SETTINGS.
        _table.Resize(Math.Min(maxTableSize, Http2Settings.DefaultHeaderTableSize));
        _smallestSize = _table.MaxSize;
        _mustUpdate = _table.MaxSize < Http2Settings.DefaultHeaderTableSize;
    }

    /// <summary>Bytes in the dynamic table, with 32 for each entry.</summary>
    public int TableSize => _table.Size;

    /// <summary>The most bytes that a field can take, whatever the tables hold.</summary>
    public static int MaxFieldBytes(int nameLength, int valueLength) => 3 * HpackInteger.MaxBytes + nameLength + valueLength;

    /// <summary>Follows the peer's SETTINGS_HEADER_TABLE_SIZE; the change is told at the start of the next block (RFC 7541 section 4.2).</summary>
    public void SetPeerTableSize(uint size)
    {
        int usable = (int)Math.Min(size, (uint)_ownMaxSize);
        if (usable == _table.MaxSize)
            return;
        _smallestSize = _mustUpdate ? Math.Min(_smallestSize, usable) : usable;
        _mustUpdate = true;
        _table.Resize(usable);
    }

    /// <summary>Begins a block: writes the table size updates that are due, usually none. False, with nothing changed, when they do not fit.</summary>
    public bool TryBegin(Span<byte> destination, out int written)
    {
        written = 0;
        if (!_mustUpdate)
            return true;
        if (destination.Length < MaxBeginBytes)
            return false;
        if (_smallestSize < _table.MaxSize)
            written = HpackInteger.Write(destination, 0x20, _smallestSize, 5);
        written += HpackInteger.Write(destination[written..], 0x20, _table.MaxSize, 5);
        _mustUpdate = false;
        return true;
    }

    /// <summary>
    /// Writes a pseudo-header field by its entry in the static table, such as <see cref="HpackStaticTable.Path"/>. See
    /// <see cref="TryWrite"/> for the outcome.
    /// </summary>
    public bool TryWritePseudo(int staticIndex, ReadOnlySpan<byte> value, Span<byte> destination, out int written) =>
        TryWriteFolded(KnownHeader.None, staticIndex, HpackStaticTable.Name(staticIndex), value, false, destination, out written);

    /// <summary>
    /// Writes one field. False when <paramref name="destination"/> is too small: nothing is changed, and the same field may be tried again with
    /// more room, behind what was written before.
    /// </summary>
    /// <param name="known">The name as resolved when it was parsed; none when it is not known, or was never looked for.</param>
    /// <param name="name">The name, a token in any case; it is written in lower case.</param>
    /// <param name="value">The value.</param>
    /// <param name="isSensitive">The field came never-indexed (<see cref="HpackField.IsSensitive"/>) or is a secret, and leaves never-indexed.</param>
    /// <param name="destination">Where to write; <see cref="MaxFieldBytes"/> is always enough.</param>
    /// <param name="written">Bytes written.</param>
    public bool TryWrite(KnownHeader known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isSensitive, Span<byte> destination, out int written)
    {
        if (known != KnownHeader.None)
            return TryWriteFolded(known, HpackStaticTable.IndexOf(known), KnownHeaders.Name(known), value, isSensitive, destination, out written);
        if (!name.ContainsAnyInRange((byte)'A', (byte)'Z'))
            return TryWriteFolded(known, HpackStaticTable.FindName(name), name, value, isSensitive, destination, out written);
        if (name.Length > MaxFoldedName)
            return TryWriteLongName(name, value, isSensitive, destination, out written);
        Span<byte> folded = stackalloc byte[MaxFoldedName];
        folded = folded[..name.Length];
        Ascii.ToLower(name, folded, out _);
        return TryWriteFolded(known, HpackStaticTable.FindName(folded), folded, value, isSensitive, destination, out written);
    }

    private bool TryWriteFolded(
        KnownHeader known, int staticIndex, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isSensitive, Span<byte> destination, out int written)
    {
        HpackChoice choice = isSensitive ? HpackChoice.Never : HpackPolicy.Choose(known, staticIndex, value.Length);
        if (staticIndex != 0 && !isSensitive)
        {
            int whole = HpackStaticTable.FindValue(staticIndex, value);
            if (whole != 0)
                return TryWriteIndex(whole, destination, out written);
        }

        uint hash = 0;
        if (choice <= HpackChoice.WhenSeenAgain)
        {
            hash = Hash(name, value);
            int age = Find(hash, name, value);
            if (age >= 0)
                return TryWriteIndex(HpackStaticTable.Count + 1 + age, destination, out written);
            if (!IsWorthIndexing(choice, hash, name.Length + value.Length))
                choice = HpackChoice.Without;
        }

        if (!TryWriteLiteral(choice, staticIndex, name, value, destination, out written))
            return false;
        if (choice == HpackChoice.Index || choice == HpackChoice.WhenSeenAgain)
            _table.Add(name, value, staticIndex, hash);
        else if (hash != 0)
            _seen[hash % SeenSlots] = hash;
        return true;
    }

    private bool IsWorthIndexing(HpackChoice choice, uint hash, int bytes) =>
        bytes + HpackDynamicTable.EntryOverhead <= _table.MaxSize / 4 * 3 && (choice == HpackChoice.Index || _seen[hash % SeenSlots] == hash);

    private int Find(uint hash, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        for (int age = _table.FindHash(hash, 0); age >= 0; age = _table.FindHash(hash, age + 1))
        {
            _table.Read(age, out ReadOnlySpan<byte> heldName, out ReadOnlySpan<byte> heldValue, out _);
            if (heldName.SequenceEqual(name) && heldValue.SequenceEqual(value))
                return age;
        }

        return -1;
    }

    private static bool TryWriteIndex(int index, Span<byte> destination, out int written)
    {
        written = HpackInteger.Length(index, 7);
        if (written > destination.Length)
        {
            written = 0;
            return false;
        }

        HpackInteger.Write(destination, 0x80, index, 7);
        return true;
    }

    private static bool TryWriteLiteral(
        HpackChoice choice, int staticIndex, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<byte> destination, out int written)
    {
        written = 0;
        bool isIndexed = choice <= HpackChoice.WhenSeenAgain;
        byte pattern = isIndexed ? (byte)0x40 : choice == HpackChoice.Never ? (byte)0x10 : (byte)0;
        int prefixBits = isIndexed ? 6 : 4;
        int nameCoded = staticIndex == 0 ? HuffmanCode.EncodedLength(name) : 0;
        int valueCoded = HuffmanCode.EncodedLength(value);
        int room = HpackInteger.Length(staticIndex, prefixBits) + StringBytes(value.Length, valueCoded)
            + (staticIndex == 0 ? StringBytes(name.Length, nameCoded) : 0);
        if (room > destination.Length)
            return false;
        written = HpackInteger.Write(destination, pattern, staticIndex, prefixBits);
        if (staticIndex == 0)
            written += WriteString(destination[written..], name, nameCoded);
        written += WriteString(destination[written..], value, valueCoded);
        return true;
    }

    /// <summary>A name that is too long to fold on the stack is written plain and folded in place; no table would take it anyway.</summary>
    private static bool TryWriteLongName(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isSensitive, Span<byte> destination, out int written)
    {
        written = 0;
        int valueCoded = HuffmanCode.EncodedLength(value);
        if (1 + StringBytes(name.Length, int.MaxValue) + StringBytes(value.Length, valueCoded) > destination.Length)
            return false;
        destination[written++] = isSensitive ? (byte)0x10 : (byte)0;
        written += HpackInteger.Write(destination[written..], 0, name.Length, 7);
        Ascii.ToLower(name, destination[written..], out _);
        written += name.Length;
        written += WriteString(destination[written..], value, valueCoded);
        return true;
    }

    private static int StringBytes(int plain, int coded)
    {
        int bytes = Math.Min(plain, coded);
        return HpackInteger.Length(bytes, 7) + bytes;
    }

    private static int WriteString(Span<byte> destination, ReadOnlySpan<byte> text, int coded)
    {
        if (coded < text.Length)
        {
            int prefix = HpackInteger.Write(destination, 0x80, coded, 7);
            HuffmanCode.Encode(text, destination[prefix..]);
            return prefix + coded;
        }

        int start = HpackInteger.Write(destination, 0, text.Length, 7);
        text.CopyTo(destination[start..]);
        return start + text.Length;
    }

    /// <summary>Never 0. Bytes are compared after it, so a peer that makes hashes collide gains a few comparisons at most.</summary>
    private static uint Hash(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ulong hash = Mix(Mix((uint)name.Length, name), value);
        return (uint)(hash >> 32) | 1;
    }

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> bytes)
    {
        const ulong Odd = 0x9E3779B97F4A7C15;
        while (bytes.Length >= sizeof(ulong))
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * Odd;
            hash ^= hash >> 32;
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
            hash = (hash ^ value) * Odd;
        return (hash ^ hash >> 29) * Odd;
    }
}
