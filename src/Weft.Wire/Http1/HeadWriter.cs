using System.Buffers.Text;
using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>
/// Writes an HTTP/1.1 head into a caller's buffer. When something does not fit, <see cref="Overflowed"/> is set and nothing more is
/// written: check it once at the end. Names and values must have been validated by whoever made them.
/// </summary>
public ref struct HeadWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>True when the buffer was too small.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Writes a request line.</summary>
    public void RequestLine(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target)
    {
        Raw(method);
        Raw(" "u8);
        Raw(target);
        Raw(" HTTP/1.1\r\n"u8);
    }

    /// <summary>Writes a status line with the registered reason, or with an empty one.</summary>
    public void StatusLine(int status)
    {
        ReadOnlySpan<byte> line = StatusReasons.Line(status);
        if (!line.IsEmpty)
        {
            Raw(line);
            return;
        }

        Raw("HTTP/1.1 "u8);
        Number(status);
        Raw(" \r\n"u8);
    }

    /// <summary>Writes one header line.</summary>
    public void Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Raw(name);
        Raw(": "u8);
        Raw(value);
        Raw("\r\n"u8);
    }

    /// <summary>Writes one header line with a decimal value.</summary>
    public void Field(ReadOnlySpan<byte> name, long value)
    {
        Raw(name);
        Raw(": "u8);
        Number(value);
        Raw("\r\n"u8);
    }

    /// <summary>
    /// Writes the fields of a received head as they stand now: runs of lines between removed ones are copied whole, then the added
    /// lines in one copy. The received names keep their case.
    /// </summary>
    public void Fields(HeadView view)
    {
        HeaderEdits? edits = view.Edits;
        ReadOnlySpan<HeaderField> fields = view.Fields;
        if (!fields.IsEmpty)
        {
            int run = fields[0].NameOffset;
            for (int i = edits?.NextRemoved(0) ?? -1; i >= 0 && i < fields.Length; i = edits!.NextRemoved(i + 1))
            {
                if (fields[i].NameOffset > run)
                    Raw(view.Buffer[run..fields[i].NameOffset]);
                run = i + 1 < fields.Length ? fields[i + 1].NameOffset : view.FieldsEnd;
            }

            Raw(view.Buffer[run..view.FieldsEnd]);
        }

        if (edits is not null && !Overflowed)
        {
            int added = edits.CopyAddedTo(_destination[Length..]);
            if (added < 0 || edits.Overflowed)
                Overflowed = true;
            else
                Length += added;
        }
    }

    /// <summary>Writes the empty line that ends the head.</summary>
    public void End() => Raw("\r\n"u8);

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        if (Overflowed || !bytes.TryCopyTo(_destination[Length..]))
        {
            Overflowed = true;
            return;
        }

        Length += bytes.Length;
    }

    /// <summary>Writes a decimal number.</summary>
    public void Number(long value)
    {
        if (Overflowed || !Utf8Formatter.TryFormat(value, _destination[Length..], out int written))
            Overflowed = true;
        else
            Length += written;
    }
}
