using System.Numerics;

namespace Weft.Wire.Http1;

/// <summary>Writes the frames of a chunked body around data that is already in place (RFC 9112 section 7.1).</summary>
public static class ChunkedEncoder
{
    /// <summary>Room to leave in front of data for its size line: eight digits, CR and LF.</summary>
    public const int PrefixRoom = 10;

    /// <summary>What follows the data of each chunk.</summary>
    public static ReadOnlySpan<byte> ChunkEnd => "\r\n"u8;

    /// <summary>The last chunk with an empty trailer section.</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>
    /// Writes the size line of a chunk so that it ends right at the end of <paramref name="room"/>, which lies in front of the data, and
    /// returns where in the room it starts.
    /// </summary>
    public static int WriteSizeBefore(Span<byte> room, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        int start = room.Length - SizeLineLength(size);
        WriteSize(room[start..], size);
        return start;
    }

    /// <summary>Writes the size line of a chunk and returns its length.</summary>
    public static int WriteSize(Span<byte> destination, int size)
    {
        int length = SizeLineLength(size);
        destination[length - 1] = (byte)'\n';
        destination[length - 2] = (byte)'\r';
        for (int i = length - 3; i >= 0; i--)
        {
            destination[i] = "0123456789abcdef"u8[size & 15];
            size >>= 4;
        }

        return length;
    }

    private static int SizeLineLength(int size) => ((BitOperations.Log2((uint)size) >> 2) + 1) + 2;
}
