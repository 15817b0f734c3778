namespace Weft.Wire.Http2;

/// <summary>The states of a stream (RFC 9113 section 5.1), without those of pushes.</summary>
public enum Http2StreamPhase : byte
{
    /// <summary>Nothing was sent or received yet.</summary>
    Idle,

    /// <summary>Both sides may send.</summary>
    Open,

    /// <summary>We have ended; the peer may still send.</summary>
    HalfClosedLocal,

    /// <summary>The peer has ended; we may still send.</summary>
    HalfClosedRemote,

    /// <summary>Over.</summary>
    Closed,
}
