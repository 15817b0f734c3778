using System.Buffers.Binary;

namespace Weft.Proxy.Dns;

/// <summary>Messages over TCP: each with its length before it in two bytes (RFC 1035 4.2.2).</summary>
internal static class DnsStream
{
    /// <summary>Reads a message; 0 at a proper end of the stream. Throws <see cref="EndOfStreamException"/> in the middle of one.</summary>
    internal static async Task<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancel)
    {
        byte[] prefix = new byte[2];
        int got = await stream.ReadAtLeastAsync(prefix, 2, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        if (got == 0)
            return 0;
        if (got == 1)
            throw new EndOfStreamException("The stream ended in the middle of a message.");
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (length == 0)
            throw new EndOfStreamException("A message of no bytes is none.");
        await stream.ReadExactlyAsync(buffer[..length], cancel).ConfigureAwait(false);
        return length;
    }

    internal static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        byte[] framed = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancel).ConfigureAwait(false);
    }
}
