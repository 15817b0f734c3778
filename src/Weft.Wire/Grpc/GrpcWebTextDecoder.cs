namespace Weft.Wire.Grpc;

/// <summary>
/// Undoes the base64 of an <c>application/grpc-web-text</c> body, which comes in pieces of any size. Clients encode piece by piece, so padding may
/// stand at the end of every group of four characters; nothing else is let through, neither blanks nor line ends nor bits that stand for no byte
/// (RFC 4648 sections 3.3 and 3.5). It keeps at most three characters. Start with the default value.
/// </summary>
public struct GrpcWebTextDecoder
{
    private const byte Padding = (byte)'=';
    private const byte Invalid = 0xff;
    private static readonly byte[] s_values = Values();
    private uint _group;
    private byte _count;
    private byte _padding;

    /// <summary>True when no group of four is begun: here the body may end.</summary>
    public readonly bool IsComplete => _count == 0;

    /// <summary>The most bytes that so many characters decode to, whatever came before them.</summary>
    public static int MaxBytes(int characters) => (characters + 3) / 4 * 3;

    /// <summary>Decodes characters into <see cref="MaxBytes"/> bytes. False when they are no base64; the body must then be given up.</summary>
    public bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        byte[] values = s_values;
        written = 0;
        int at = 0;
        while (at < text.Length)
        {
            if (_count == 0 && text.Length - at >= 4)
            {
                byte first = values[text[at]], second = values[text[at + 1]], third = values[text[at + 2]], fourth = values[text[at + 3]];
                if ((first | second | third | fourth) < 64)
                {
                    destination[written] = (byte)((first << 2) | (second >> 4));
                    destination[written + 1] = (byte)((second << 4) | (third >> 2));
                    destination[written + 2] = (byte)((third << 6) | fourth);
                    written += 3;
                    at += 4;
                    continue;
                }
            }

            if (!Take(text[at++], destination, ref written))
                return false;
        }

        return true;
    }

    private bool Take(byte character, Span<byte> destination, ref int written)
    {
        if (character == Padding)
        {
            if (_count < 2)
                return false;
            _padding++;
            _group <<= 6;
        }
        else
        {
            byte value = s_values[character];
            if (value == Invalid || _padding > 0)
                return false;
            _group = (_group << 6) | value;
        }

        if (++_count < 4)
            return true;
        int bytes = 3 - _padding;
        // Bits behind the last byte must be zero, so that a body has one form.
        bool isCanonical = (_group & ((1u << (8 * _padding)) - 1)) == 0;
        for (int i = 0; i < bytes; i++)
            destination[written++] = (byte)(_group >> (16 - 8 * i));
        _group = 0;
        _count = _padding = 0;
        return isCanonical;
    }

    private static byte[] Values()
    {
        byte[] values = new byte[256];
        Array.Fill(values, Invalid);
        ReadOnlySpan<byte> alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;
        for (int i = 0; i < alphabet.Length; i++)
            values[alphabet[i]] = (byte)i;
        return values;
    }
}
