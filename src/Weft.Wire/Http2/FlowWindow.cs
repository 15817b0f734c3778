namespace Weft.Wire.Http2;

/// <summary>
/// How many bytes of DATA may still be sent, on a stream or on the connection (RFC 9113 section 6.9). A stream's window can be negative after
/// the peer made its initial window smaller; nothing is sent until it is above zero again. A mutable struct: never copy it.
/// </summary>
public struct FlowWindow(int size)
{
    /// <summary>Bytes that may be sent now; may be negative.</summary>
    public int Available { get; private set; } = size;

    /// <summary>Takes bytes from the window; false, with nothing taken, when there are not so many.</summary>
    public bool TryConsume(int bytes)
    {
        if (bytes > Math.Max(0, Available))
            return false;
        Available -= bytes;
        return true;
    }

    /// <summary>Adds a WINDOW_UPDATE; false when the window would pass 2^31−1, which is a FLOW_CONTROL_ERROR of the stream or of the connection.</summary>
    public bool TryExpand(int increment) => TryShift(increment);

    /// <summary>
    /// Shifts a stream's window by the change of the peer's SETTINGS_INITIAL_WINDOW_SIZE, up or down; false when it would pass 2^31−1, which
    /// is a FLOW_CONTROL_ERROR of the connection (RFC 9113 section 6.9.2).
    /// </summary>
    public bool TryShift(int delta)
    {
        long next = (long)Available + delta;
        if (next is > int.MaxValue or < int.MinValue)
            return false;
        Available = (int)next;
        return true;
    }
}
