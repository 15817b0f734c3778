using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>
/// The Huffman code of HPACK (RFC 7541 appendix B). The code is canonical, so the lengths alone make all tables: codes of up to ten bits
/// are one lookup, which is nearly all of what headers hold; longer ones are found by their length's first code. Pure; any thread.
/// </summary>
internal static class HuffmanCode
{
    private const int EndOfString = 256;
    private const int FastBits = 10;
    private const int MaxBits = 30;

    /// <summary>Bits of the code of each byte, and of EOS.</summary>
    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    private static readonly uint[] s_codes = new uint[EndOfString + 1];
    private static readonly ushort[] s_byRank = new ushort[EndOfString + 1];
    private static readonly ushort[] s_fast = new ushort[1 << FastBits];
    private static readonly LengthClass[] s_classes = new LengthClass[MaxBits + 1];

    static HuffmanCode()
    {
        uint code = 0;
        int rank = 0;
        for (int bits = 1; bits <= MaxBits; bits++)
        {
            s_classes[bits].FirstCode = code;
            s_classes[bits].FirstRank = rank;
            for (int symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (Lengths[symbol] != bits)
                    continue;
                s_codes[symbol] = code;
                s_byRank[rank++] = (ushort)symbol;
                if (bits <= FastBits)
                    s_fast.AsSpan((int)(code << (FastBits - bits)), 1 << (FastBits - bits)).Fill((ushort)(symbol << 8 | bits));
                code++;
            }

            s_classes[bits].Limit = code << (MaxBits - bits);
            code <<= 1;
        }
    }

    /// <summary>Bytes that <paramref name="text"/> takes when coded.</summary>
    public static int EncodedLength(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> lengths = Lengths;
        long bits = 0;
        foreach (byte symbol in text)
            bits += lengths[symbol];
        return (int)((bits + 7) >> 3);
    }

    /// <summary>Codes <paramref name="text"/> into <paramref name="destination"/>, which must have room for <see cref="EncodedLength"/> bytes.</summary>
    public static void Encode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        ReadOnlySpan<byte> lengths = Lengths;
        ulong pending = 0;
        int bits = 0;
        int written = 0;
        foreach (byte symbol in text)
        {
            int length = lengths[symbol];
            pending = pending << length | s_codes[symbol];
            bits += length;
            if (bits < 32)
                continue;
            bits -= 32;
            BinaryPrimitives.WriteUInt32BigEndian(destination[written..], (uint)(pending >> bits));
            written += 4;
        }

        while (bits >= 8)
        {
            bits -= 8;
            destination[written++] = (byte)(pending >> bits);
        }

        if (bits > 0)
            destination[written] = (byte)(pending << (8 - bits) | 0xFFu >> bits);
    }

    /// <summary>Decodes <paramref name="coded"/>; <paramref name="written"/> counts only when all of it was decoded.</summary>
    public static HuffmanStatus Decode(ReadOnlySpan<byte> coded, Span<byte> destination, out int written)
    {
        written = 0;
        ulong window = 0;
        int bits = 0;
        int next = 0;
        while (true)
        {
            while (bits <= 56 && next < coded.Length)
            {
                window |= (ulong)coded[next++] << (56 - bits);
                bits += 8;
            }

            // Every code is at most 30 bits: with more than that at hand no code can be cut by the end of the window.
            do
            {
                if (bits == 0)
                    return HuffmanStatus.Complete;
                int entry = s_fast[(int)(window >> (64 - FastBits))];
                int length = entry & 0xFF;
                int symbol = entry >> 8;
                if (length == 0)
                    symbol = LongSymbol((uint)(window >> (64 - MaxBits)), out length);
                if (length > bits)
                    return IsPadding(window, bits) ? HuffmanStatus.Complete : HuffmanStatus.Invalid;
                if (symbol == EndOfString)
                    return HuffmanStatus.Invalid;
                if (written == destination.Length)
                    return HuffmanStatus.TooLong;
                destination[written++] = (byte)symbol;
                window <<= length;
                bits -= length;
            }
            while (bits >= MaxBits || next == coded.Length);
        }
    }

    private static int LongSymbol(uint window, out int length)
    {
        length = FastBits + 1;
        while (window >= s_classes[length].Limit)
            length++;
        ref readonly LengthClass found = ref s_classes[length];
        return s_byRank[found.FirstRank + (int)((window >> (MaxBits - length)) - found.FirstCode)];
    }

    private static bool IsPadding(ulong window, int bits) => bits < 8 && window >> (64 - bits) == (1UL << bits) - 1;

    private struct LengthClass
    {
        public uint FirstCode;
        public int FirstRank;

        /// <summary>The first code behind this length's, in the 30 highest bits.</summary>
        public uint Limit;
    }
}
