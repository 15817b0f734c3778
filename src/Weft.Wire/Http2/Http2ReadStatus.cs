namespace Weft.Wire.Http2;

/// <summary>What <see cref="Http2FrameReader.Read"/> found.</summary>
public enum Http2ReadStatus : byte
{
    /// <summary>No whole frame is there. What was consumed stays consumed; come again with the rest and more.</summary>
    NeedMore,

    /// <summary>A frame, or a part of a DATA frame.</summary>
    Frame,

    /// <summary>
    /// The peer broke the protocol. With a stream error the frame was consumed, nothing else need be done with it, and reading goes on; with a
    /// connection error nothing more may be read.
    /// </summary>
    Error,
}
