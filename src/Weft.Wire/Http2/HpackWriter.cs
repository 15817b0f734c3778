using Weft.Wire.Http;

namespace Weft.Wire.Http2;

/// <summary>
/// Writes one header block into a caller's buffer, without its frame headers. When a field does not fit, <see cref="Overflowed"/> is set and
/// nothing more is written; the encoder then stands exactly behind <see cref="Length"/>, and since its peer must see what was written,
/// the block has to be finished: reserve <see cref="Bound"/> and it cannot happen.
/// </summary>
public ref struct HpackWriter
{
    private readonly HpackEncoder _encoder;
    private readonly Span<byte> _destination;

    /// <summary>Begins a block at the start of <paramref name="destination"/>; with <paramref name="written"/>, goes on with one behind what was written.</summary>
    public HpackWriter(HpackEncoder encoder, Span<byte> destination, int written = 0)
    {
        _encoder = encoder;
        _destination = destination;
        Length = written;
        Overflowed = !encoder.TryBegin(destination[written..], out int begun);
        Length += begun;
    }

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>True when the buffer was too small.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Bytes that are always enough for a block of this many fields, pseudo-header fields included, with this many bytes of names and values.</summary>
    public static int Bound(int fields, int bytes) => HpackEncoder.MaxBeginBytes + HpackEncoder.MaxFieldBytes(0, 0) * fields + bytes;

    /// <summary>Writes a pseudo-header field by its entry in the static table. All of them come before the other fields.</summary>
    public void Pseudo(int staticIndex, scoped ReadOnlySpan<byte> value)
    {
        if (!Overflowed)
            Note(_encoder.TryWritePseudo(staticIndex, value, _destination[Length..], out int written), written);
    }

    /// <summary>Writes <c>:protocol</c>, which makes a CONNECT an extended one (RFC 8441 section 4).</summary>
    public void Protocol(scoped ReadOnlySpan<byte> value) => Field(":protocol"u8, value);

    /// <summary>Writes <c>:status</c>, 100 to 999.</summary>
    public void Status(int status)
    {
        ReadOnlySpan<byte> digits = [(byte)('0' + status / 100), (byte)('0' + status / 10 % 10), (byte)('0' + status % 10)];
        Pseudo(HpackStaticTable.Status, digits);
    }

    /// <summary>Writes a field of a known name.</summary>
    public void Field(KnownHeader known, scoped ReadOnlySpan<byte> value) => Field(known, KnownHeaders.Name(known), value, false);

    /// <summary>Writes a field.</summary>
    public void Field(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value) => Field(KnownHeaders.Resolve(name), name, value, false);

    /// <summary>
    /// Writes the fields of a received head as they stand now, without those that HTTP/2 does not have: Host, which is <c>:authority</c>, and
    /// what concerns one connection (RFC 9113 section 8.2.2). TE stays when it says <c>trailers</c> and nothing else.
    /// </summary>
    public void Fields(HeadView view)
    {
        HeaderEdits? edits = view.Edits;
        for (int i = 0; i < view.Fields.Length; i++)
        {
            ref readonly HeaderField field = ref view.Fields[i];
            if (edits is not null && edits.IsRemoved(i))
                continue;
            ReadOnlySpan<byte> value = field.Value(view.Buffer);
            if (HasPlace(field.Known, value))
                Field(field.Known, field.Name(view.Buffer), value, (field.Flags & HeaderFieldFlags.NeverIndexed) != 0);
        }

        for (int i = 0; edits is not null && i < edits.AddedCount; i++)
        {
            if (edits.TryReadAdded(i, out KnownHeader known, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) && HasPlace(known, value))
                Field(known, name, value, false);
        }
    }

    private static bool HasPlace(KnownHeader known, ReadOnlySpan<byte> value) => known switch
    {
        > KnownHeader.Http2Settings or KnownHeader.None or KnownHeader.ContentLength or KnownHeader.Trailer or KnownHeader.Expect => true,
        KnownHeader.Te => System.Text.Ascii.EqualsIgnoreCase(value, "trailers"u8),
        _ => false,
    };

    private void Field(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, bool isSensitive)
    {
        if (!Overflowed)
            Note(_encoder.TryWrite(known, name, value, isSensitive, _destination[Length..], out int written), written);
    }

    private void Note(bool fits, int written)
    {
        Overflowed = !fits;
        Length += written;
    }
}
