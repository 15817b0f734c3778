using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Grpc;

/// <summary>A frame as it came.</summary>
internal sealed record RawFrame(Http2FrameType Type, Http2FrameFlags Flags, int StreamId, byte[] Payload)
{
    public bool IsAck => Type is Http2FrameType.Settings or Http2FrameType.Ping && Flags.HasFlag(Http2FrameFlags.EndStreamOrAck);
}
