namespace Weft.Wire.Http2;

/// <summary>The bytes with which an HTTP/2 client opens a connection (RFC 9113 section 3.4).</summary>
public static class Http2Preface
{
    /// <summary>The 24 bytes of the preface.</summary>
    public static ReadOnlySpan<byte> Bytes => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>True when <paramref name="input"/> starts with the preface.</summary>
    public static bool IsComplete(ReadOnlySpan<byte> input) => input.StartsWith(Bytes);

    /// <summary>True when <paramref name="input"/> is a beginning of the preface, or has all of it.</summary>
    public static bool IsPossible(ReadOnlySpan<byte> input) =>
        input.Length >= Bytes.Length ? IsComplete(input) : Bytes.StartsWith(input);

    /// <summary>
    /// Reads the preface in the pieces in which it comes.
    /// </summary>
    /// <param name="input">Bytes received and not consumed yet.</param>
    /// <param name="matched">Zero at the start; hand it back unchanged. <see cref="Bytes"/>' length when the preface is complete.</param>
    /// <param name="consumed">Bytes of <paramref name="input"/> that belong to the preface; never more, so what follows is frames.</param>
    public static Http2Error Read(ReadOnlySpan<byte> input, ref int matched, out int consumed)
    {
        ReadOnlySpan<byte> expected = Bytes[matched..];
        consumed = Math.Min(expected.Length, input.Length);
        if (!expected.StartsWith(input[..consumed]))
        {
            consumed = 0;
            return Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.BadPreface);
        }

        matched += consumed;
        return Http2Error.None;
    }
}
