namespace Weft.Wire.Http2;

/// <summary>
/// Holds the DATA of a message against its Content-Length (RFC 9113 section 8.1.1). Both ways of breaking it are a stream error
/// PROTOCOL_ERROR with <see cref="Http2Reason.ContentLengthMismatch"/>. A mutable struct: never copy it.
/// </summary>
/// <param name="expected">The bytes announced, or −1 when nothing was; 0 for a message that can have no content.</param>
public struct Http2BodyLength(long expected)
{
    private long _left = expected;
    private readonly bool _isOpen = expected < 0;

    /// <summary>Counts data without padding; false when it is more than was announced.</summary>
    public bool TryReceive(int bytes)
    {
        if (_isOpen)
            return true;
        _left -= bytes;
        return _left >= 0;
    }

    /// <summary>True when the message may end here.</summary>
    public readonly bool MayEnd => _isOpen || _left == 0;
}
