namespace Weft.Wire.Http2;

/// <summary>Frame types (RFC 9113 section 6). Any other number is an extension and is skipped.</summary>
public enum Http2FrameType : byte
{
    /// <summary>DATA.</summary>
    Data = 0x0,

    /// <summary>HEADERS.</summary>
    Headers = 0x1,

    /// <summary>PRIORITY, which is deprecated and has no effect.</summary>
    Priority = 0x2,

    /// <summary>RST_STREAM.</summary>
    ResetStream = 0x3,

    /// <summary>SETTINGS.</summary>
    Settings = 0x4,

    /// <summary>PUSH_PROMISE, which is never allowed here.</summary>
    PushPromise = 0x5,

    /// <summary>PING.</summary>
    Ping = 0x6,

    /// <summary>GOAWAY.</summary>
    GoAway = 0x7,

    /// <summary>WINDOW_UPDATE.</summary>
    WindowUpdate = 0x8,

    /// <summary>CONTINUATION.</summary>
    Continuation = 0x9,

    /// <summary>PRIORITY_UPDATE (RFC 9218), which is skipped like an extension.</summary>
    PriorityUpdate = 0x10,
}
