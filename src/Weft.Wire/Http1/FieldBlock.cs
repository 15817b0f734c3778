using System.Text;
using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>Parses the header lines of a head or of a trailer section: one pass, one scan for the name and one for the value of each line.</summary>
internal static class FieldBlock
{
    /// <summary>
    /// Parses lines from <paramref name="offset"/> to <paramref name="end"/>. <paramref name="buffer"/> must hold the CR LF of the empty
    /// line behind <paramref name="end"/>: every scan stops there at the latest, so no index needs a check.
    /// </summary>
    public static WireError Parse(
        ReadOnlySpan<byte> buffer, int offset, int end, Span<HeaderField> fields, in Http1Limits limits, SectionKind kind, ref MessageFacts facts, out int count)
    {
        count = 0;
        int max = Math.Min(limits.MaxFields, fields.Length);
        while (offset < end)
        {
            ReadOnlySpan<byte> line = buffer[offset..];
            int nameLength = line.IndexOfAnyExcept(WireBytes.TokenWithoutUnderscore);
            HeaderFieldFlags flags = HeaderFieldFlags.None;
            if (line[nameLength] != ':' || nameLength == 0)
            {
                WireError nameError = OddName(line, limits.Underscores, out nameLength, out flags);
                if (nameError != WireError.None)
                    return nameError;
                if (flags != HeaderFieldFlags.None)
                    facts.Flags |= HeadFlags.HasFieldsToRemove;
            }

            int valueStart = nameLength + 1;
            while (line[valueStart] is (byte)' ' or (byte)'\t')
                valueStart++;
            int stop = valueStart + line[valueStart..].IndexOfAny(WireBytes.ValueStops);
            if (line[stop] != '\r' || line[stop + 1] != '\n')
                return line[stop] is (byte)'\r' or (byte)'\n' or 0 ? WireError.BadLineEnd : WireError.BadHeaderValue;
            int valueEnd = stop;
            while (valueEnd > valueStart && line[valueEnd - 1] is (byte)' ' or (byte)'\t')
                valueEnd--;
            if (count == max)
                return WireError.TooManyHeaders;

            ref HeaderField field = ref fields[count++];
            field.NameOffset = (ushort)offset;
            field.NameLength = (ushort)nameLength;
            field.ValueOffset = (ushort)(offset + valueStart);
            field.ValueLength = (ushort)(valueEnd - valueStart);
            field.Flags = flags;
            field.Known = KnownHeaders.Resolve(line[..nameLength]);
            if (field.Known is > KnownHeader.None and <= KnownHeader.Http2Settings && kind != SectionKind.Trailers)
            {
                WireError error = facts.Note(ref field, line[valueStart..valueEnd], kind);
                if (error != WireError.None)
                    return error;
            }

            offset += stop + 2;
        }

        return facts.NamesFields ? MarkNamedFields(buffer, fields[..count]) : WireError.None;
    }

    private static WireError OddName(ReadOnlySpan<byte> line, UnderscorePolicy underscores, out int nameLength, out HeaderFieldFlags flags)
    {
        flags = HeaderFieldFlags.None;
        nameLength = line.IndexOfAnyExcept(WireBytes.Token);
        if (nameLength == 0 && line[0] is (byte)' ' or (byte)'\t')
            return WireError.FoldedHeader;
        if (nameLength == 0 || line[nameLength] != ':')
            return line[nameLength] is 0 or (byte)'\n' ? WireError.BadLineEnd : WireError.BadHeaderName;
        if (underscores == UnderscorePolicy.Reject)
            return WireError.UnderscoreInHeaderName;
        if (underscores == UnderscorePolicy.Drop)
            flags = HeaderFieldFlags.Dropped;
        return WireError.None;
    }

    /// <summary>Marks the fields that Connection names. Naming one that the next hop must see is an attack or a bug, so it is refused.</summary>
    private static WireError MarkNamedFields(ReadOnlySpan<byte> buffer, Span<HeaderField> fields)
    {
        foreach (ref readonly HeaderField connection in fields)
        {
            if (connection.Known != KnownHeader.Connection)
                continue;
            TokenList tokens = new(connection.Value(buffer));
            while (tokens.Next(out ReadOnlySpan<byte> token))
            {
                foreach (ref HeaderField field in fields)
                {
                    if (field.NameLength != token.Length || !Ascii.EqualsIgnoreCase(field.Name(buffer), token))
                        continue;
                    if (MustReachNextHop(field.Known))
                        return WireError.BadConnectionHeader;
                    field.Flags |= HeaderFieldFlags.HopByHop;
                }
            }
        }

        return WireError.None;
    }

    private static bool MustReachNextHop(KnownHeader header) => header is KnownHeader.Host or KnownHeader.ContentLength or KnownHeader.TransferEncoding
        or KnownHeader.XForwardedFor or KnownHeader.XForwardedHost or KnownHeader.XForwardedProto or KnownHeader.XForwardedClientCert;
}
