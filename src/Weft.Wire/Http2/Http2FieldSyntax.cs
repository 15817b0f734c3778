using System.Buffers;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>The syntax of names and values in HTTP/2 (RFC 9113 section 8.2.1), and the names of pseudo-header fields.</summary>
internal static class Http2FieldSyntax
{
    private static readonly SearchValues<byte> s_nameBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Checks the name of an ordinary field.</summary>
    public static Http2HeadError CheckName(ReadOnlySpan<byte> name)
    {
        int bad = name.IndexOfAnyExcept(s_nameBytes);
        if (bad < 0)
            return name.IsEmpty ? Http2HeadError.BadName : Http2HeadError.None;
        return name[bad] is >= (byte)'A' and <= (byte)'Z' ? Http2HeadError.UppercaseName : Http2HeadError.BadName;
    }

    /// <summary>True when a value has no control but HTAB, and no white space at its ends.</summary>
    public static bool IsValue(ReadOnlySpan<byte> value) => value.IsEmpty
        || (!value.ContainsAny(WireBytes.ValueStops) && value[0] is not ((byte)' ' or (byte)'\t') && value[^1] is not ((byte)' ' or (byte)'\t'));

    /// <summary>The pseudo-header field of a name that starts with a colon, or none.</summary>
    public static Http2PseudoFields Pseudo(scoped in HpackField field)
    {
        int index = field.StaticIndex != 0 ? field.StaticIndex : HpackStaticTable.FindName(field.Name);
        return index switch
        {
            HpackStaticTable.Authority => Http2PseudoFields.Authority,
            HpackStaticTable.Method => Http2PseudoFields.Method,
            HpackStaticTable.Path => Http2PseudoFields.Path,
            HpackStaticTable.Scheme => Http2PseudoFields.Scheme,
            HpackStaticTable.Status => Http2PseudoFields.Status,
            _ => field.Name.SequenceEqual(":protocol"u8) ? Http2PseudoFields.Protocol : Http2PseudoFields.None,
        };
    }

    /// <summary>The known header that a field's name is, found without comparing bytes when the name came from the static table.</summary>
    public static KnownHeader Known(scoped in HpackField field) =>
        field.StaticIndex != 0 ? HpackStaticTable.KnownOf(field.StaticIndex) : KnownHeaders.Resolve(field.Name);

    /// <summary>A plain decimal number of 1 to 19 digits below 2^63, or −1.</summary>
    public static long Number(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > 19)
            return -1;
        ulong number = 0;
        foreach (byte digit in value)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return -1;
            number = number * 10 + (uint)(digit - '0');
        }

        return number > long.MaxValue ? -1 : (long)number;
    }
}
