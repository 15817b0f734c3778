namespace Weft.Wire.Http2;

/// <summary>Integers with a prefix (RFC 7541 section 5.1), bounded to what an <see cref="int"/> holds.</summary>
internal static class HpackInteger
{
    /// <summary>The most bytes that <see cref="Write"/> takes.</summary>
    public const int MaxBytes = 6;

    /// <summary>
    /// Reads the integer whose prefix is in <paramref name="input"/> at <paramref name="offset"/>. More than four bytes behind the prefix
    /// are refused, zeros among them: no legal length or index needs them.
    /// </summary>
    public static HpackError Read(ReadOnlySpan<byte> input, ref int offset, int prefixBits, out int value)
    {
        value = 0;
        if (offset >= input.Length)
            return HpackError.Truncated;
        int full = (1 << prefixBits) - 1;
        value = input[offset++] & full;
        if (value < full)
            return HpackError.None;
        for (int shift = 0; shift <= 21; shift += 7)
        {
            if (offset >= input.Length)
                return HpackError.Truncated;
            int part = input[offset++];
            value += (part & 0x7F) << shift;
            if ((part & 0x80) == 0)
                return HpackError.None;
        }

        return HpackError.IntegerTooLarge;
    }

    /// <summary>Bytes that <see cref="Write"/> will take.</summary>
    public static int Length(int value, int prefixBits)
    {
        int full = (1 << prefixBits) - 1;
        if (value < full)
            return 1;
        int length = 2;
        for (value -= full; value >= 0x80; value >>= 7)
            length++;
        return length;
    }

    /// <summary>Writes <paramref name="value"/>, not negative, under the bits of <paramref name="pattern"/>; returns the bytes written.</summary>
    public static int Write(Span<byte> destination, byte pattern, int value, int prefixBits)
    {
        int full = (1 << prefixBits) - 1;
        if (value < full)
        {
            destination[0] = (byte)(pattern | value);
            return 1;
        }

        destination[0] = (byte)(pattern | full);
        int written = 1;
        for (value -= full; value >= 0x80; value >>= 7)
            destination[written++] = (byte)(value | 0x80);
        destination[written++] = (byte)value;
        return written;
    }
}
