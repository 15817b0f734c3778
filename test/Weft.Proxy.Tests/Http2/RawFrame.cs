using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Http2;

/// <summary>One frame as it came.</summary>
internal sealed record RawFrame(Http2FrameType Type, int Flags, int StreamId, byte[] Payload)
{
    public bool EndStream => (Flags & 1) != 0;

    public int Word(int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(at));
}
