using Weft.Wire.Http;

namespace Weft.Wire.Http2;

/// <summary>Joins the cookie fields of a head into one, which everything but HTTP/2 needs (RFC 9113 section 8.2.3).</summary>
internal static class Http2CookieCrumbs
{
    /// <summary>
    /// Writes one line <c>cookie: a; b</c> behind the others and removes the lines of the crumbs, closing the gaps. False when the buffer has
    /// no room for the line beside the crumbs.
    /// </summary>
    public static bool Join(Span<byte> buffer, Span<HeaderField> fields, ref int count, ref int length, int fieldsOffset)
    {
        if (!Write(buffer, fields[..count], ref length, out HeaderField joined))
            return false;

        int to = fieldsOffset;
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            HeaderField field = fields[i];
            if (field.Known == KnownHeader.Cookie)
                continue;
            Move(buffer, ref field, ref to);
            fields[kept++] = field;
        }

        Move(buffer, ref joined, ref to);
        fields[kept++] = joined;
        count = kept;
        length = to;
        return true;
    }

    private static bool Write(Span<byte> buffer, ReadOnlySpan<HeaderField> fields, ref int length, out HeaderField joined)
    {
        joined = new HeaderField { NameOffset = (ushort)length, NameLength = 6, ValueOffset = (ushort)(length + 8), Known = KnownHeader.Cookie };
        if (!Put(buffer, "cookie: "u8, ref length))
            return false;
        int valueStart = length;
        foreach (ref readonly HeaderField field in fields)
        {
            if (field.Known != KnownHeader.Cookie)
                continue;
            if (length > valueStart && !Put(buffer, "; "u8, ref length))
                return false;
            if (!Put(buffer, field.Value(buffer), ref length))
                return false;
            joined.Flags |= field.Flags;
        }

        joined.ValueLength = (ushort)(length - valueStart);
        return Put(buffer, "\r\n"u8, ref length);
    }

    private static void Move(Span<byte> buffer, ref HeaderField field, ref int to)
    {
        int bytes = field.ValueOffset + field.ValueLength + 2 - field.NameOffset;
        buffer.Slice(field.NameOffset, bytes).CopyTo(buffer[to..]);
        int shift = field.NameOffset - to;
        field.NameOffset -= (ushort)shift;
        field.ValueOffset -= (ushort)shift;
        to += bytes;
    }

    private static bool Put(Span<byte> buffer, ReadOnlySpan<byte> bytes, ref int length)
    {
        if (!bytes.TryCopyTo(buffer[length..]))
            return false;
        length += bytes.Length;
        return true;
    }
}
