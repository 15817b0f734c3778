namespace Weft.Policy.Regex;

/// <summary>Turns a range of code points into sequences of byte ranges that together take exactly their UTF-8 forms.</summary>
internal static class Utf8Ranges
{
    internal delegate void Sequence(ReadOnlySpan<(byte Low, byte High)> sequence);

    /// <summary>Splits a range at surrogates, at changes of encoded length, and where continuation bytes are not full ranges.</summary>
    public static void Split(int low, int high, Sequence found)
    {
        if (low <= 0xDFFF && high >= 0xD800)
        {
            if (low < 0xD800)
                Split(low, 0xD7FF, found);
            if (high > 0xDFFF)
                Split(0xE000, high, found);
            return;
        }

        foreach (int limit in (ReadOnlySpan<int>)[0x7F, 0x7FF, 0xFFFF])
        {
            if (low <= limit && high > limit)
            {
                Split(low, limit, found);
                Split(limit + 1, high, found);
                return;
            }
        }

        for (int bits = 6; bits < 24; bits += 6)
        {
            int mask = (1 << bits) - 1;
            if ((low & ~mask) == (high & ~mask))
                continue;
            if ((low & mask) != 0)
            {
                Split(low, low | mask, found);
                Split((low | mask) + 1, high, found);
                return;
            }

            if ((high & mask) != mask)
            {
                Split(low, (high & ~mask) - 1, found);
                Split(high & ~mask, high, found);
                return;
            }
        }

        Span<byte> first = stackalloc byte[4];
        Span<byte> last = stackalloc byte[4];
        int length = new System.Text.Rune(low).EncodeToUtf8(first);
        new System.Text.Rune(high).EncodeToUtf8(last);
        Span<(byte, byte)> sequence = stackalloc (byte, byte)[4];
        for (int i = 0; i < length; i++)
            sequence[i] = (first[i], last[i]);
        found(sequence[..length]);
    }
}
