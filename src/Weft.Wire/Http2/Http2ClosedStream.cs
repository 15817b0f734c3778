namespace Weft.Wire.Http2;

/// <summary>What HEADERS or DATA mean on a stream that is closed (RFC 9113 section 5.1).</summary>
internal static class Http2ClosedStream
{
    public static Http2Error Receive(Http2StreamEnd end) => end switch
    {
        Http2StreamEnd.ResetByUs => Http2Error.None,
        Http2StreamEnd.ResetByPeer => Http2Error.Stream(Http2ErrorCode.StreamClosed, Http2Reason.ClosedStream),
        _ => Http2Error.Connection(Http2ErrorCode.StreamClosed, Http2Reason.ClosedStream),
    };
}
