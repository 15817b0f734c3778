namespace Weft.Wire.Http2;

/// <summary>What a peer did wrong over HTTP/2, for logs and metrics. <see cref="Http2Error"/> says what follows from it.</summary>
public enum Http2Reason : byte
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The connection does not begin with the preface.</summary>
    BadPreface,

    /// <summary>The first frame is not SETTINGS (RFC 9113 section 3.4).</summary>
    SettingsExpected,

    /// <summary>A payload longer than SETTINGS_MAX_FRAME_SIZE.</summary>
    FrameTooLarge,

    /// <summary>A payload whose length its type does not allow.</summary>
    BadFrameLength,

    /// <summary>A frame on stream 0 that belongs to a stream, or the reverse, or one on a stream of the server's numbers.</summary>
    BadStreamId,

    /// <summary>Padding that leaves no room for itself.</summary>
    BadPadding,

    /// <summary>Something else than the CONTINUATION that had to follow.</summary>
    ContinuationExpected,

    /// <summary>CONTINUATION without an unfinished header block.</summary>
    UnexpectedContinuation,

    /// <summary>More CONTINUATION frames or more bytes in one header block than the limits allow.</summary>
    HeaderBlockTooLarge,

    /// <summary>PUSH_PROMISE, which Weft never allows.</summary>
    UnexpectedPush,

    /// <summary>WINDOW_UPDATE by zero.</summary>
    ZeroWindowIncrement,

    /// <summary>A window beyond 2^31−1 bytes.</summary>
    WindowOverflow,

    /// <summary>More DATA than the window had room for.</summary>
    WindowExceeded,

    /// <summary>A stream that depends on itself (RFC 7540 section 5.3.1).</summary>
    SelfDependency,

    /// <summary>A setting with a value that it cannot have.</summary>
    BadSetting,

    /// <summary>SETTINGS with ACK that answers nothing.</summary>
    UnexpectedSettingsAck,

    /// <summary>A header block that cannot be decoded; see <see cref="HpackError"/>.</summary>
    BadHeaderBlock,

    /// <summary>A frame on a stream that was never opened.</summary>
    IdleStream,

    /// <summary>A frame on a stream that its sender has ended or reset.</summary>
    ClosedStream,

    /// <summary>A new stream whose number is not above all before.</summary>
    StreamIdNotIncreasing,

    /// <summary>A second header block that is not trailers, or DATA before the head.</summary>
    UnexpectedHeaders,

    /// <summary>More streams than SETTINGS_MAX_CONCURRENT_STREAMS.</summary>
    TooManyStreams,

    /// <summary>A message that breaks the rules of its header fields (RFC 9113 section 8.1.1).</summary>
    MalformedMessage,

    /// <summary>Content-Length and the DATA received differ.</summary>
    ContentLengthMismatch,

    /// <summary>A header list beyond the limits.</summary>
    HeaderListTooLarge,

    /// <summary>Streams opened and reset again before they did anything (CVE-2023-44487), or made to be reset by us (CVE-2025-8671).</summary>
    ResetFlood,

    /// <summary>Too many PING frames.</summary>
    PingFlood,

    /// <summary>Too many SETTINGS frames.</summary>
    SettingsFlood,

    /// <summary>Too many PRIORITY frames.</summary>
    PriorityFlood,

    /// <summary>Too many WINDOW_UPDATE frames for the streams opened and the DATA sent.</summary>
    WindowUpdateFlood,

    /// <summary>Too many frames without payload that end nothing.</summary>
    EmptyFrameFlood,

    /// <summary>Too many frames of unknown types, or too many GOAWAY frames.</summary>
    UselessFrameFlood,

    /// <summary>Answers pile up because the peer makes us answer and does not read.</summary>
    ControlQueueFull,

    /// <summary>GOAWAY whose last stream is above that of an earlier one.</summary>
    GoAwayIncreased,
}
