using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>
/// Writes frames one behind the other into a caller's buffer (RFC 9113 section 6). When one does not fit, <see cref="Overflowed"/> is set
/// and neither it nor any later one is written: check it once at the end. Priority and padding are never written.
/// </summary>
public ref struct Http2FrameWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>True when the buffer was too small.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Writes a frame header at the start of <paramref name="destination"/>, for a payload that the caller puts behind it.</summary>
    public static void WriteHeader(Span<byte> destination, Http2FrameType type, Http2FrameFlags flags, int streamId, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)length << 8 | (byte)type);
        destination[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], streamId);
    }

    /// <summary>
    /// Frames a header block that stands in <paramref name="buffer"/> behind nine free bytes: HEADERS, and CONTINUATION where the peer's frame
    /// size asks for it, for which the rest of the block moves. Returns the bytes of all frames, or −1 when the buffer lacks the nine bytes for
    /// each CONTINUATION; see <see cref="HeaderFramesOverhead"/>.
    /// </summary>
    public static int FrameHeaderBlock(Span<byte> buffer, int blockLength, int streamId, bool endStream, int maxFrameBytes)
    {
        int total = blockLength + HeaderFramesOverhead(blockLength, maxFrameBytes);
        if (total > buffer.Length)
            return -1;
        int fragments = (total - blockLength) / Http2Frame.HeaderBytes;
        Http2FrameFlags end = Http2FrameFlags.EndHeaders;
        // From the last to the first, so that what moves never lands on what has not moved yet.
        for (int i = fragments - 1; i > 0; i--)
        {
            int from = i * maxFrameBytes;
            int length = Math.Min(maxFrameBytes, blockLength - from);
            Span<byte> frame = buffer.Slice(from + i * Http2Frame.HeaderBytes, Http2Frame.HeaderBytes + length);
            buffer.Slice(Http2Frame.HeaderBytes + from, length).CopyTo(frame[Http2Frame.HeaderBytes..]);
            WriteHeader(frame, Http2FrameType.Continuation, end, streamId, length);
            end = Http2FrameFlags.None;
        }

        Http2FrameFlags flags = end | (endStream ? Http2FrameFlags.EndStreamOrAck : Http2FrameFlags.None);
        WriteHeader(buffer, Http2FrameType.Headers, flags, streamId, Math.Min(maxFrameBytes, blockLength));
        return total;
    }

    /// <summary>Bytes of frame headers that a header block needs.</summary>
    public static int HeaderFramesOverhead(int blockLength, int maxFrameBytes) =>
        Math.Max(1, (blockLength + maxFrameBytes - 1) / maxFrameBytes) * Http2Frame.HeaderBytes;

    /// <summary>Writes a header block as HEADERS and as many CONTINUATION frames as it needs, which must stay together on the wire.</summary>
    public void Headers(int streamId, ReadOnlySpan<byte> block, bool endStream, int maxFrameBytes)
    {
        int total = block.Length + HeaderFramesOverhead(block.Length, maxFrameBytes);
        if (Overflowed || total > _destination.Length - Length)
        {
            Overflowed = true;
            return;
        }

        Span<byte> room = _destination.Slice(Length, total);
        block.CopyTo(room[Http2Frame.HeaderBytes..]);
        Length += FrameHeaderBlock(room, block.Length, streamId, endStream, maxFrameBytes);
    }

    /// <summary>Writes a DATA frame. The caller keeps to the windows and to the peer's frame size.</summary>
    public void Data(int streamId, ReadOnlySpan<byte> data, bool endStream)
    {
        Span<byte> payload = Begin(Http2FrameType.Data, endStream ? Http2FrameFlags.EndStreamOrAck : Http2FrameFlags.None, streamId, data.Length);
        if (!Overflowed)
            data.CopyTo(payload);
    }

    /// <summary>Writes RST_STREAM.</summary>
    public void ResetStream(int streamId, Http2ErrorCode code)
    {
        Span<byte> payload = Begin(Http2FrameType.ResetStream, Http2FrameFlags.None, streamId, 4);
        if (!Overflowed)
            BinaryPrimitives.WriteInt32BigEndian(payload, (int)code);
    }

    /// <summary>Writes SETTINGS with every value of <paramref name="settings"/> that differs from the protocol's initial one.</summary>
    public void Settings(in Http2Settings settings)
    {
        Span<byte> entries = stackalloc byte[Http2SettingsPayload.MaxBytes];
        int length = Http2SettingsPayload.Write(entries, settings);
        Span<byte> payload = Begin(Http2FrameType.Settings, Http2FrameFlags.None, 0, length);
        if (!Overflowed)
            entries[..length].CopyTo(payload);
    }

    /// <summary>Writes the acknowledgement of the peer's SETTINGS.</summary>
    public void SettingsAck() => Begin(Http2FrameType.Settings, Http2FrameFlags.EndStreamOrAck, 0, 0);

    /// <summary>Writes PING with eight bytes of any meaning, or the answer to one with the bytes that came.</summary>
    public void Ping(scoped ReadOnlySpan<byte> opaque, bool isAck)
    {
        Span<byte> payload = Begin(Http2FrameType.Ping, isAck ? Http2FrameFlags.EndStreamOrAck : Http2FrameFlags.None, 0, 8);
        if (!Overflowed)
            opaque[..8].CopyTo(payload);
    }

    /// <summary>Writes GOAWAY. <see cref="int.MaxValue"/> as the last stream announces the end without refusing anything yet (RFC 9113 section 6.8).</summary>
    public void GoAway(int lastStreamId, Http2ErrorCode code, scoped ReadOnlySpan<byte> debug = default)
    {
        Span<byte> payload = Begin(Http2FrameType.GoAway, Http2FrameFlags.None, 0, 8 + debug.Length);
        if (Overflowed)
            return;
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStreamId);
        BinaryPrimitives.WriteInt32BigEndian(payload[4..], (int)code);
        debug.CopyTo(payload[8..]);
    }

    /// <summary>Writes WINDOW_UPDATE for a stream, or for the connection with stream 0.</summary>
    public void WindowUpdate(int streamId, int increment)
    {
        Span<byte> payload = Begin(Http2FrameType.WindowUpdate, Http2FrameFlags.None, streamId, 4);
        if (!Overflowed)
            BinaryPrimitives.WriteInt32BigEndian(payload, increment);
    }

    /// <summary>Writes bytes as they are: the preface.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (Overflowed || !bytes.TryCopyTo(_destination[Length..]))
            Overflowed = true;
        else
            Length += bytes.Length;
    }

    private Span<byte> Begin(Http2FrameType type, Http2FrameFlags flags, int streamId, int length)
    {
        if (Overflowed || length + Http2Frame.HeaderBytes > _destination.Length - Length)
        {
            Overflowed = true;
            return default;
        }

        WriteHeader(_destination[Length..], type, flags, streamId, length);
        Span<byte> payload = _destination.Slice(Length + Http2Frame.HeaderBytes, length);
        Length += Http2Frame.HeaderBytes + length;
        return payload;
    }
}
