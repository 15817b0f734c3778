namespace Weft.Wire.Http2;

/// <summary>
/// The window that we grant, on a stream or on the connection: checks that the peer keeps to it, and says when to grant more. WINDOW_UPDATE is
/// due when half of the window has been used up, so small DATA frames do not each cost an answer. A mutable struct: never copy it.
/// </summary>
/// <param name="size">Bytes granted at the start, at least 2.</param>
public struct ReceiveWindow(int size)
{
    private readonly int _size = size;
    private int _released;

    /// <summary>Bytes that the peer may still send.</summary>
    public int Available { get; private set; } = size;

    /// <summary>
    /// Counts a DATA frame with its padding, at its first part. False when the peer sends more than it was granted: FLOW_CONTROL_ERROR of the
    /// stream or of the connection.
    /// </summary>
    public bool TryReceive(int frameLength)
    {
        if (frameLength > Available)
            return false;
        Available -= frameLength;
        return true;
    }

    /// <summary>Notes that received bytes, padding included, have left our buffers. Returns the increment to send in a WINDOW_UPDATE, or 0 when none is due.</summary>
    public int Release(int bytes)
    {
        _released += bytes;
        if (_released < _size / 2)
            return 0;
        int increment = _released;
        _released = 0;
        Available += increment;
        return increment;
    }
}
