namespace Weft.Wire.Http2;

/// <summary>How a stream came to its end, which decides what a late frame on it means.</summary>
public enum Http2StreamEnd : byte
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>Both sides sent END_STREAM.</summary>
    Completed,

    /// <summary>The peer sent RST_STREAM.</summary>
    ResetByPeer,

    /// <summary>We sent RST_STREAM; what the peer sent before it saw that is still on its way.</summary>
    ResetByUs,
}
