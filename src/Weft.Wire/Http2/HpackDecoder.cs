namespace Weft.Wire.Http2;

/// <summary>
/// Decodes header blocks (RFC 7541). One instance belongs to one direction of one connection and sees all of its blocks in order, each
/// exactly once and also those of streams that are refused, because the dynamic table must follow the peer's. It never throws and
/// allocates once, for its table. Not thread-safe.
/// </summary>
public sealed class HpackDecoder
{
    private readonly HpackDynamicTable _table;
    private int _maxTableSize;
    private int _requiredSize = int.MaxValue;

    /// <summary>A decoder for a peer to which we announce <paramref name="maxTableSize"/> bytes as SETTINGS_HEADER_TABLE_SIZE; 4096 is what holds without saying so.</summary>
    public HpackDecoder(int maxTableSize = Http2Settings.DefaultHeaderTableSize)
    {
        _table = new HpackDynamicTable(Math.Max(maxTableSize, Http2Settings.DefaultHeaderTableSize));
        // Until the peer has seen our SETTINGS it may use the default: a smaller table holds from the acknowledgement on.
        _table.Resize(Http2Settings.DefaultHeaderTableSize);
        _maxTableSize = Math.Max(maxTableSize, Http2Settings.DefaultHeaderTableSize);
    }

    /// <summary>Bytes in the dynamic table, with 32 for each entry.</summary>
    public int TableSize => _table.Size;

    /// <summary>Entries in the dynamic table.</summary>
    public int TableEntries => _table.Count;

    /// <summary>
    /// Takes note that the peer acknowledged SETTINGS with this table size, at most what the constructor was given or the default. When
    /// that makes the table smaller, the next block must begin with an update (RFC 7541 section 4.2).
    /// </summary>
    public void OnSettingsAcknowledged(int maxTableSize)
    {
        if (maxTableSize < _table.MaxSize)
            _requiredSize = Math.Min(_requiredSize, maxTableSize);
        _maxTableSize = maxTableSize;
    }

    /// <summary>
    /// Decodes one whole header block: the fragments of HEADERS and of its CONTINUATION frames in one piece.
    /// </summary>
    /// <param name="block">The block. It is only read during the call.</param>
    /// <param name="scratch">
    /// Memory for Huffman strings, its contents lost; one for each worker is enough. A name and a value that do not fit together count as over
    /// the limit, so it should have <see cref="HpackLimits.MaxListBytes"/> bytes, and must have at least the table's size, without which the
    /// table could not be kept right. It may not overlap the block.
    /// </param>
    /// <param name="limits">When the list breaks one, the rest is decoded into the table only.</param>
    /// <param name="sink">Takes the fields.</param>
    public HpackResult Decode<TSink>(ReadOnlySpan<byte> block, Span<byte> scratch, in HpackLimits limits, ref TSink sink)
        where TSink : IHpackSink, allows ref struct
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scratch.Length, _table.MaxSize);
        Progress progress = new() { Limits = limits };
        int offset = 0;
        HpackError error = SizeUpdates(block, ref offset);
        while (error == HpackError.None && offset < block.Length)
        {
            byte first = block[offset];
            if ((first & 0x80) != 0)
                error = Indexed(block, ref offset, ref progress, ref sink);
            else if ((first & 0xE0) == 0x20)
                error = HpackError.MisplacedSizeUpdate;
            else
                error = Literal(block, scratch, ref offset, ref progress, ref sink);
        }

        return new HpackResult(error, progress.IsOver, progress.Fields, progress.ListBytes);
    }

    /// <summary>Two updates at most stand before the first field: the smallest size in between, and the final one (RFC 7541 section 4.2).</summary>
    private HpackError SizeUpdates(ReadOnlySpan<byte> block, ref int offset)
    {
        for (int updates = 0; offset < block.Length && (block[offset] & 0xE0) == 0x20; updates++)
        {
            if (updates == 2)
                return HpackError.MisplacedSizeUpdate;
            HpackError error = HpackInteger.Read(block, ref offset, 5, out int size);
            if (error != HpackError.None)
                return error;
            if (size > _maxTableSize)
                return HpackError.SizeUpdateTooLarge;
            _table.Resize(size);
            if (size <= _requiredSize)
                _requiredSize = int.MaxValue;
        }

        return _requiredSize == int.MaxValue || block.IsEmpty ? HpackError.None : HpackError.MissingSizeUpdate;
    }

    private HpackError Indexed<TSink>(ReadOnlySpan<byte> block, ref int offset, ref Progress progress, ref TSink sink)
        where TSink : IHpackSink, allows ref struct
    {
        HpackError error = HpackInteger.Read(block, ref offset, 7, out int index);
        if (error != HpackError.None)
            return error;
        if (!TryRead(index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out int staticIndex))
            return HpackError.BadIndex;
        if (progress.Take(name.Length, value.Length))
            sink.OnField(new HpackField(name, value, staticIndex, isSensitive: false));
        return HpackError.None;
    }

    /// <summary>A literal with incremental indexing (01), without indexing (0000) or never indexed (0001): RFC 7541 section 6.2.</summary>
    private HpackError Literal<TSink>(ReadOnlySpan<byte> block, Span<byte> scratch, ref int offset, ref Progress progress, ref TSink sink)
        where TSink : IHpackSink, allows ref struct
    {
        bool isIndexed = (block[offset] & 0x40) != 0;
        bool isSensitive = !isIndexed && (block[offset] & 0x10) != 0;
        HpackError error = HpackInteger.Read(block, ref offset, isIndexed ? 6 : 4, out int index);
        if (error != HpackError.None)
            return error;

        ReadOnlySpan<byte> name = default;
        int staticIndex = 0;
        bool isLost = false;
        if (index == 0)
            error = ReadString(block, ref offset, ref scratch, out name, ref isLost);
        else if (!TryRead(index, out name, out _, out staticIndex))
            error = HpackError.BadIndex;
        if (error != HpackError.None)
            return error;
        error = ReadString(block, ref offset, ref scratch, out ReadOnlySpan<byte> value, ref isLost);
        if (error != HpackError.None)
            return error;

        if (isLost)
            progress.IsOver = true;
        if (progress.Take(name.Length, value.Length))
            sink.OnField(new HpackField(name, value, staticIndex, isSensitive));
        if (!isIndexed)
            return HpackError.None;

        // What the scratch does not hold the table does not hold either, and such an entry empties it (RFC 7541 section 4.4).
        if (isLost)
            _table.Clear();
        else if (index > HpackStaticTable.Count)
            _table.AddWithNameOf(index - HpackStaticTable.Count - 1, value);
        else
            _table.Add(name, value, staticIndex);
        return HpackError.None;
    }

    private bool TryRead(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out int staticIndex)
    {
        int age = index - HpackStaticTable.Count - 1;
        if (index != 0 && age < 0)
        {
            name = HpackStaticTable.Name(index);
            value = HpackStaticTable.Value(index);
            staticIndex = HpackStaticTable.FirstOfName(index);
            return true;
        }

        if (index != 0 && age < _table.Count)
        {
            _table.Read(age, out name, out value, out staticIndex);
            return true;
        }

        name = value = default;
        staticIndex = 0;
        return false;
    }

    private static HpackError ReadString(
        ReadOnlySpan<byte> block, scoped ref int offset, scoped ref Span<byte> scratch, out ReadOnlySpan<byte> text, scoped ref bool isLost)
    {
        text = default;
        bool isCoded = offset < block.Length && (block[offset] & 0x80) != 0;
        HpackError error = HpackInteger.Read(block, ref offset, 7, out int length);
        if (error != HpackError.None)
            return error;
        if (length > block.Length - offset)
            return HpackError.Truncated;
        text = block.Slice(offset, length);
        offset += length;
        if (!isCoded)
            return HpackError.None;

        HuffmanStatus status = HuffmanCode.Decode(text, scratch, out int written);
        text = scratch[..(status == HuffmanStatus.Complete ? written : 0)];
        scratch = scratch[text.Length..];
        isLost |= status == HuffmanStatus.TooLong;
        return status == HuffmanStatus.Invalid ? HpackError.BadHuffman : HpackError.None;
    }

    /// <summary>The list so far, against its limits.</summary>
    private struct Progress
    {
        public HpackLimits Limits;
        public bool IsOver;
        public int Fields;
        public int ListBytes;

        /// <summary>Counts a field; true when it may be handed over.</summary>
        public bool Take(int nameLength, int valueLength)
        {
            Fields++;
            ListBytes = (int)Math.Min(int.MaxValue, (long)ListBytes + nameLength + valueLength + HpackDynamicTable.EntryOverhead);
            IsOver |= ListBytes > Limits.MaxListBytes || Fields > Limits.MaxFields;
            return !IsOver;
        }
    }
}
