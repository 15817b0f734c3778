namespace Weft.Proxy.Http2;

/// <summary>Why a stream ended before its message was whole.</summary>
internal enum Http2Loss : byte
{
    /// <summary>The peer sent RST_STREAM.</summary>
    Reset,

    /// <summary>The peer's side was complete, and it wants nothing more of ours: NO_ERROR (RFC 9113 section 8.1).</summary>
    Stopped,

    /// <summary>The peer said that it did nothing with the stream: REFUSED_STREAM. It may be tried again elsewhere.</summary>
    Refused,

    /// <summary>The peer's GOAWAY says that it did not look at the stream.</summary>
    NotProcessed,

    /// <summary>The peer broke the protocol on this stream.</summary>
    Protocol,

    /// <summary>This process ends, and its time to drain is up.</summary>
    DrainTimeout,

    /// <summary>The connection ended.</summary>
    Connection,
}
