using Weft.Wire.Http;

namespace Weft.Wire.Http1;

/// <summary>Finds the empty line that ends a head, or sees early that none can come.</summary>
internal static class HeadEnd
{
    /// <summary>
    /// The length of the head with its empty line, or −1. Bytes before <paramref name="scanned"/> are not searched again, so that a
    /// head in one-byte segments costs linear time; a lone CR or LF or a NUL is an error at once, as no head can be made of it.
    /// </summary>
    public static int Find(ReadOnlySpan<byte> input, int maxBytes, ref int scanned, out WireError error)
    {
        error = WireError.None;
        int from = Math.Max(0, scanned - 3);
        int found = input[from..].IndexOf("\r\n\r\n"u8);
        if (found >= 0)
        {
            int length = from + found + 4;
            if (length <= maxBytes)
                return length;
            error = WireError.HeadTooLarge;
            return -1;
        }

        if (input.Length >= maxBytes)
            error = WireError.HeadTooLarge;
        else if (HasBrokenLineEnd(input, Math.Max(0, scanned - 1)))
            error = WireError.BadLineEnd;
        scanned = input.Length;
        return -1;
    }

    private static bool HasBrokenLineEnd(ReadOnlySpan<byte> input, int from)
    {
        while (true)
        {
            int next = input[from..].IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
            if (next < 0)
                return false;
            int at = from + next;
            switch (input[at])
            {
                case (byte)'\r' when at + 1 == input.Length:
                    return false;
                case (byte)'\r' when input[at + 1] == '\n':
                    from = at + 2;
                    break;
                case (byte)'\n' when at > 0 && input[at - 1] == '\r':
                    from = at + 1;
                    break;
                default:
                    return true;
            }
        }
    }
}
