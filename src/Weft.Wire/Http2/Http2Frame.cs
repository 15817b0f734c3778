using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>
/// One frame, or a part of a DATA frame, over the bytes that it was read from. What its type alone can tell has been checked: lengths,
/// stream numbers, padding, the order of CONTINUATION.
/// </summary>
public readonly ref struct Http2Frame
{
    /// <summary>Bytes in a frame header.</summary>
    public const int HeaderBytes = 9;

    internal Http2Frame(Http2FrameType type, Http2FrameFlags flags, int streamId, int length, ReadOnlySpan<byte> payload)
    {
        Type = type;
        Flags = flags;
        StreamId = streamId;
        Length = length;
        Payload = payload;
        IsFirstPart = IsLastPart = true;
    }

    /// <summary>The type; also numbers without a name.</summary>
    public Http2FrameType Type { get; }

    /// <summary>The flags as received.</summary>
    public Http2FrameFlags Flags { get; }

    /// <summary>The stream, or 0 for the connection.</summary>
    public int StreamId { get; }

    /// <summary>Bytes in the payload on the wire, padding included: what DATA takes from the flow-control windows, once, at its first part.</summary>
    public int Length { get; }

    /// <summary>
    /// The payload without padding and priority: a part of the data, a fragment of a header block, settings, the eight bytes of a PING, the debug
    /// data of a GOAWAY. Empty for frames of unknown types.
    /// </summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>True except for the second and later parts of one DATA frame.</summary>
    public bool IsFirstPart { get; init; }

    /// <summary>True except for parts of a DATA frame behind which more comes; END_STREAM counts here only.</summary>
    public bool IsLastPart { get; init; }

    /// <summary>A HEADERS frame that makes its stream depend on itself: decode the block, then reset the stream with PROTOCOL_ERROR (RFC 7540 section 5.3.1).</summary>
    public bool DependsOnItself { get; init; }

    /// <summary>END_STREAM of a HEADERS frame, or of a DATA frame at its last part.</summary>
    public bool EndStream => (Flags & Http2FrameFlags.EndStreamOrAck) != 0 && IsLastPart && Type is Http2FrameType.Data or Http2FrameType.Headers;

    /// <summary>ACK of a SETTINGS or PING frame.</summary>
    public bool IsAck => (Flags & Http2FrameFlags.EndStreamOrAck) != 0 && Type is Http2FrameType.Settings or Http2FrameType.Ping;

    /// <summary>END_HEADERS of a HEADERS or CONTINUATION frame: the header block is whole.</summary>
    public bool EndHeaders => (Flags & Http2FrameFlags.EndHeaders) != 0;

    /// <summary>The error code of RST_STREAM or GOAWAY.</summary>
    public Http2ErrorCode ErrorCode { get; init; }

    /// <summary>The last stream that the sender of a GOAWAY may have acted upon.</summary>
    public int LastStreamId { get; init; }

    /// <summary>The increment of a WINDOW_UPDATE, 1 to 2^31−1.</summary>
    public int WindowIncrement { get; init; }

    internal static int StreamIdAt(ReadOnlySpan<byte> bytes) => (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) & int.MaxValue);
}
