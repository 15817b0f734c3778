namespace Weft.Wire.Grpc;

/// <summary>The percent-encoding of <c>grpc-message</c> (PROTOCOL-HTTP2.md, Status-Message).</summary>
public static class GrpcMessageText
{
    /// <summary>True when the text may stand in a header as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if (!IsPlain(value))
                return false;
        }

        return true;
    }

    /// <summary>Encodes UTF-8 into the destination; returns the length. What finds no room is cut off, never in the middle of an escape.</summary>
    public static int Encode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = 0;
        foreach (byte value in text)
        {
            if (IsPlain(value))
            {
                if (length == destination.Length)
                    return length;
                destination[length++] = value;
                continue;
            }

            if (length + 3 > destination.Length)
                return length;
            destination[length] = (byte)'%';
            destination[length + 1] = Digit(value >> 4);
            destination[length + 2] = Digit(value & 15);
            length += 3;
        }

        return length;
    }

    private static bool IsPlain(byte value) => value is >= 0x20 and <= 0x7e and not (byte)'%';

    private static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'A' + value - 10);
}
