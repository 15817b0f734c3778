namespace Weft.Wire.Http2;

/// <summary>The error codes of RST_STREAM and GOAWAY (RFC 9113 section 7). A peer may send others; they mean nothing special.</summary>
public enum Http2ErrorCode
{
    /// <summary>NO_ERROR: the connection ends in good order, or a response did not need the rest of its request.</summary>
    NoError = 0x0,

    /// <summary>PROTOCOL_ERROR.</summary>
    ProtocolError = 0x1,

    /// <summary>INTERNAL_ERROR.</summary>
    InternalError = 0x2,

    /// <summary>FLOW_CONTROL_ERROR.</summary>
    FlowControlError = 0x3,

    /// <summary>SETTINGS_TIMEOUT.</summary>
    SettingsTimeout = 0x4,

    /// <summary>STREAM_CLOSED.</summary>
    StreamClosed = 0x5,

    /// <summary>FRAME_SIZE_ERROR.</summary>
    FrameSizeError = 0x6,

    /// <summary>REFUSED_STREAM: nothing was done with the request, so it may be sent again.</summary>
    RefusedStream = 0x7,

    /// <summary>CANCEL.</summary>
    Cancel = 0x8,

    /// <summary>COMPRESSION_ERROR.</summary>
    CompressionError = 0x9,

    /// <summary>CONNECT_ERROR.</summary>
    ConnectError = 0xA,

    /// <summary>ENHANCE_YOUR_CALM.</summary>
    EnhanceYourCalm = 0xB,

    /// <summary>INADEQUATE_SECURITY.</summary>
    InadequateSecurity = 0xC,

    /// <summary>HTTP_1_1_REQUIRED.</summary>
    Http11Required = 0xD,
}
