namespace Weft.Wire.Http2;

/// <summary>Frame flags (RFC 9113 section 6). What a bit means depends on the type; bits that a type does not define are ignored.</summary>
[Flags]
public enum Http2FrameFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>END_STREAM on DATA and HEADERS; ACK on SETTINGS and PING.</summary>
    EndStreamOrAck = 0x1,

    /// <summary>END_HEADERS on HEADERS and CONTINUATION.</summary>
    EndHeaders = 0x4,

    /// <summary>PADDED on DATA and HEADERS.</summary>
    Padded = 0x8,

    /// <summary>PRIORITY on HEADERS.</summary>
    Priority = 0x20,
}
