using System.Net.Sockets;
using Weft.Wire.Http1;

namespace Weft.Proxy.Admin;

/// <summary>
/// The body of an answer on its way into the socket: collects up to 16 KiB and sends them as one chunk, or bare when the end of
/// the connection ends the body (HTTP/1.0). The head goes out with the first.
/// </summary>
internal sealed class AdminBody : Stream
{
    private const int ChunkBytes = 16 * 1024;
    private readonly Socket _socket;
    private readonly bool _chunked;
    private readonly byte[] _buffer = new byte[1024 + ChunkedEncoder.PrefixRoom + ChunkBytes + 8];
    private int _start;
    private int _used;

    public AdminBody(Socket socket, ReadOnlySpan<byte> head, bool chunked)
    {
        _socket = socket;
        _chunked = chunked;
        head.CopyTo(_buffer);
        _start = head.Length;
        _used = DataStart;
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private int DataStart => _start + ChunkedEncoder.PrefixRoom;

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int room = DataStart + ChunkBytes - _used;
            if (room == 0)
            {
                SendChunk(last: false);
                continue;
            }

            int count = Math.Min(room, buffer.Length);
            buffer[..count].CopyTo(_buffer.AsSpan(_used));
            _used += count;
            buffer = buffer[count..];
        }
    }

    /// <summary>Sends what is left, and the end of a chunked body unless the request was HEAD.</summary>
    public void Complete(bool withEnd) => SendChunk(last: withEnd);

    public override void Flush()
    {
        // Sent when a chunk is full, or at the end.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void SendChunk(bool last)
    {
        int size = _used - DataStart;
        Span<byte> data = _buffer.AsSpan(DataStart, size);
        int sizeLine = 0;
        if (_chunked && size > 0)
        {
            Span<byte> room = stackalloc byte[ChunkedEncoder.PrefixRoom];
            int from = ChunkedEncoder.WriteSizeBefore(room, size);
            sizeLine = room.Length - from;
            room[from..].CopyTo(_buffer.AsSpan(_start));
        }

        // Close the gap that the size line did not need.
        data.CopyTo(_buffer.AsSpan(_start + sizeLine));
        int end = _start + sizeLine + size;
        if (_chunked && size > 0) end += Append(end, ChunkedEncoder.ChunkEnd);
        if (_chunked && last) end += Append(end, ChunkedEncoder.LastChunk);
        SendAll(_buffer.AsSpan(0, end));
        _start = 0;
        _used = DataStart;
    }

    private int Append(int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(at));
        return bytes.Length;
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }
}
