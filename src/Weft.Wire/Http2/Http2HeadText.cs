using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>A head as it is written into a caller's buffer, and its fields in the caller's storage.</summary>
internal ref struct Http2HeadText(Span<byte> buffer, Span<HeaderField> fields)
{
    public readonly Span<byte> Buffer = buffer.Length > Http1Limits.HeadBytesCeiling ? buffer[..Http1Limits.HeadBytesCeiling] : buffer;
    public readonly Span<HeaderField> Fields = fields;
    public int Length;
    public int Count;

    /// <summary>Where the lines start.</summary>
    public int FieldsOffset;

    /// <summary>Where the value of the line <c>host</c> would start if it were the next.</summary>
    public readonly int NextHostOffset => Math.Min(Length + "host: ".Length, ushort.MaxValue);

    /// <summary>Writes bytes that are no line.</summary>
    public Http2HeadError Keep(scoped ReadOnlySpan<byte> value, out ByteRange range)
    {
        range = default;
        if (!value.TryCopyTo(Buffer[Length..]))
            return Http2HeadError.TooLarge;
        range = ByteRange.At(Length, value.Length);
        Length += value.Length;
        return Http2HeadError.None;
    }

    /// <summary>Writes a line and notes its field.</summary>
    public Http2HeadError Line(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, HeaderFieldFlags flags)
    {
        int length = name.Length + 2 + value.Length + 2;
        if (Count == Fields.Length || length > Buffer.Length - Length)
            return Http2HeadError.TooLarge;
        int valueOffset = Length + name.Length + 2;
        ref HeaderField field = ref Fields[Count++];
        field.NameOffset = (ushort)Length;
        field.NameLength = (ushort)name.Length;
        field.ValueOffset = (ushort)valueOffset;
        field.ValueLength = (ushort)value.Length;
        field.Known = known;
        field.Flags = flags;
        name.CopyTo(Buffer[Length..]);
        ": "u8.CopyTo(Buffer[(Length + name.Length)..]);
        value.CopyTo(Buffer[valueOffset..]);
        "\r\n"u8.CopyTo(Buffer[(valueOffset + value.Length)..]);
        Length += length;
        return Http2HeadError.None;
    }

    /// <summary>Makes one line of all cookie lines.</summary>
    public Http2HeadError JoinCookies() =>
        Http2CookieCrumbs.Join(Buffer, Fields, ref Count, ref Length, FieldsOffset) ? Http2HeadError.None : Http2HeadError.TooLarge;
}
