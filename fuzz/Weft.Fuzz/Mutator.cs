using System.Buffers.Binary;

namespace Weft.Fuzz;

/// <summary>
/// Makes new inputs out of old ones: flips, edges of number ranges, pieces removed, doubled, moved or taken from another input, and words of the
/// protocols. The same seed gives the same inputs.
/// </summary>
public sealed class Mutator(Random random)
{
    private static readonly byte[][] s_words =
    [
        .. new[]
        {
            "\r\n", "\r\n\r\n", "\n", "\r", "\0", ":", ": ", " ", "\t", ",", ";", "0\r\n\r\n", "ffffffffffffffff", "7fffffff", "80000000", "-1", "+1", "0x1", "18446744073709551616",
            "Content-Length: ", "Transfer-Encoding: chunked\r\n", "Host: a\r\n", "Connection: close\r\n", "Connection: Upgrade, HTTP2-Settings\r\n", "Upgrade: h2c\r\n", "Expect: 100-continue\r\n",
            "GET ", "CONNECT ", "OPTIONS * ", " HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 ", "PROXY TCP4 ", "PROXY UNKNOWN\r\n", ":path", ":status", "cookie", "te", "trailers",
        }.Select(System.Text.Encoding.Latin1.GetBytes),
        [0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00], [0x3f, 0xe1, 0x1f], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x20], [0x82, 0x86, 0x84, 0x41], [0xc0, 0x0c], [0x16, 0x03, 0x01], [0x0d, 0x0a, 0x0d, 0x0a, 0x00],
    ];

    private static readonly byte[] s_bytes = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x3a, 0x30, 0x3f, 0x40, 0xc0];

    /// <summary>Writes a mutation of <paramref name="input"/> into <paramref name="into"/> and returns its length.</summary>
    public int Mutate(ReadOnlySpan<byte> input, ReadOnlySpan<byte> other, Span<byte> into)
    {
        int length = Math.Min(input.Length, into.Length);
        input[..length].CopyTo(into);
        for (int steps = 1 << random.Next(4); steps > 0; steps--) length = Step(into, length, other);
        return length;
    }

    private int Step(Span<byte> data, int length, ReadOnlySpan<byte> other)
    {
        int at = random.Next(length + 1);
        switch (random.Next(10))
        {
            case 0 when at < length:
                data[at] ^= (byte)(1 << random.Next(8));
                return length;
            case 1 when at < length:
                data[at] = (byte)random.Next(256);
                return length;
            case 2 when at < length:
                data[at] = s_bytes[random.Next(s_bytes.Length)];
                return length;
            case 3 when at < length:
                data[at] += (byte)(random.Next(2) == 0 ? 1 : 255);
                return length;
            case 4 when at + 4 <= length:
                BinaryPrimitives.WriteInt32BigEndian(data[at..], random.Next(3) switch { 0 => length, 1 => int.MaxValue, _ => random.Next(1 << 16) });
                return length;
            case 5:
                return Remove(data, length, at);
            case 6:
                return Insert(data, length, at, s_words[random.Next(s_words.Length)]);
            case 7 when length > 0:
                int from = random.Next(length);
                return Insert(data, length, at, data.Slice(from, random.Next(Math.Min(length - from, 64)) + 1).ToArray());
            case 8 when other.Length > 0:
                int start = random.Next(other.Length);
                return Insert(data, length, at, other.Slice(start, random.Next(other.Length - start) + 1));
            default:
                return random.Next(8) == 0 ? at : length;
        }
    }

    private int Remove(Span<byte> data, int length, int at)
    {
        int count = Math.Min(length - at, 1 << random.Next(7));
        data[(at + count)..length].CopyTo(data[at..]);
        return length - count;
    }

    private static int Insert(Span<byte> data, int length, int at, ReadOnlySpan<byte> piece)
    {
        int count = Math.Min(piece.Length, data.Length - length);
        data[at..length].CopyTo(data[(at + count)..]);
        piece[..count].CopyTo(data[at..]);
        return length + count;
    }
}
