namespace Weft.Wire.Http;

/// <summary>
/// The header fields of a message as they stand now: those received, without the removed, then those added. Reads only; lives on the
/// stack for as long as the head buffer stays where it is.
/// </summary>
public readonly ref struct HeadView
{
    /// <summary>A view over a parsed head.</summary>
    /// <param name="buffer">The head buffer that the fields were parsed from.</param>
    /// <param name="fields">The parsed fields, no more than there are.</param>
    /// <param name="fieldsEnd">Offset behind the last header line.</param>
    /// <param name="edits">Removals and additions, or null.</param>
    public HeadView(ReadOnlySpan<byte> buffer, ReadOnlySpan<HeaderField> fields, int fieldsEnd, HeaderEdits? edits)
    {
        Buffer = buffer;
        Fields = fields;
        FieldsEnd = fieldsEnd;
        Edits = edits;
    }

    /// <summary>The head buffer.</summary>
    public ReadOnlySpan<byte> Buffer { get; }

    /// <summary>The received fields, removed ones included.</summary>
    public ReadOnlySpan<HeaderField> Fields { get; }

    /// <summary>Offset behind the last header line.</summary>
    public int FieldsEnd { get; }

    /// <summary>The edits that apply, or null.</summary>
    public HeaderEdits? Edits { get; }

    /// <summary>The first value of a known header.</summary>
    public bool TryGet(KnownHeader known, out ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < Fields.Length; i++)
        {
            if (Fields[i].Known == known && (Edits is null || !Edits.IsRemoved(i)))
            {
                value = Fields[i].Value(Buffer);
                return true;
            }
        }

        for (int i = 0; Edits is not null && i < Edits.AddedCount; i++)
        {
            if (Edits.TryReadAdded(i, out KnownHeader addedKnown, out _, out value) && addedKnown == known)
                return true;
        }

        value = default;
        return false;
    }

    /// <summary>The first value of a header.</summary>
    public bool TryGet(HeaderName name, out ReadOnlySpan<byte> value)
    {
        if (name.Known != KnownHeader.None)
            return TryGet(name.Known, out value);
        HeaderValues values = Values(name);
        return values.Next(out value);
    }

    /// <summary>Walks all values of a header, in order.</summary>
    public HeaderValues Values(HeaderName name) => new(this, name);

    /// <summary>Walks all fields as they stand now, in order.</summary>
    public HeaderWalk Walk() => new(this);
}
