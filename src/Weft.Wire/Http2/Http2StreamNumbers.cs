namespace Weft.Wire.Http2;

/// <summary>
/// The numbers of a connection's streams: which is next, and what a frame means on a number that no living stream has. It remembers how the last
/// <see cref="Remembered"/> streams ended; a frame on an older one is dropped. One for each connection, with a fixed 320 bytes. Not thread-safe.
/// </summary>
public sealed class Http2StreamNumbers
{
    /// <summary>How many ended streams are remembered.</summary>
    public const int Remembered = 64;

    private readonly bool _isServer;
    private readonly int[] _ended = new int[Remembered];
    private readonly Http2StreamEnd[] _ends = new Http2StreamEnd[Remembered];
    private int _next;
    private int _highestForgotten;

    /// <summary>The numbers of a new connection.</summary>
    /// <param name="isServer">True when the peer opens the streams.</param>
    /// <param name="last">The highest number used before: 1 behind an upgrade from HTTP/1.1, else 0.</param>
    public Http2StreamNumbers(bool isServer, int last = 0)
    {
        _isServer = isServer;
        Last = last;
    }

    /// <summary>The highest number that was opened; what GOAWAY tells on the server's side.</summary>
    public int Last { get; private set; }

    /// <summary>Takes the next number on the client's side; false when all 2^30 are used up and the connection must be replaced.</summary>
    public bool TryOpen(out int streamId)
    {
        streamId = Last == 0 ? 1 : Last + 2;
        if (Last >= int.MaxValue - 1)
        {
            streamId = 0;
            return false;
        }

        Last = streamId;
        return true;
    }

    /// <summary>Remembers how a stream ended, when its state is given up.</summary>
    public void Close(int streamId, Http2StreamEnd end)
    {
        _highestForgotten = Math.Max(_highestForgotten, _ended[_next]);
        _ended[_next] = streamId;
        _ends[_next] = end;
        _next = (_next + 1) % Remembered;
    }

    /// <summary>
    /// Says what a frame is on a number that no living stream has, which <see cref="Http2FrameReader"/> found odd. With neither an error nor
    /// <paramref name="isNew"/> the frame is dropped: a header block is still decoded, DATA still counts against the connection's window.
    /// </summary>
    /// <param name="type">The frame's type; CONTINUATION belongs to its HEADERS and does not come here.</param>
    /// <param name="streamId">Its stream.</param>
    /// <param name="isNew">HEADERS that open a stream, which counts as opened from now on, also when it is then refused.</param>
    public Http2Error Receive(Http2FrameType type, int streamId, out bool isNew)
    {
        isNew = false;
        if (type == Http2FrameType.Priority)
            return Http2Error.None;
        if (streamId > Last)
        {
            if (!_isServer || type != Http2FrameType.Headers)
                return Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.IdleStream);
            Last = streamId;
            isNew = true;
            return Http2Error.None;
        }

        if (type is not (Http2FrameType.Headers or Http2FrameType.Data))
            return Http2Error.None;
        int found = _ended.AsSpan().IndexOf(streamId);
        if (found >= 0)
            return Http2ClosedStream.Receive(_ends[found]);
        if (streamId <= _highestForgotten)
            return Http2Error.None;
        // Lower than the last and never used: skipping it closed it (RFC 9113 section 5.1.1).
        return type == Http2FrameType.Headers
            ? Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.StreamIdNotIncreasing)
            : Http2Error.Connection(Http2ErrorCode.StreamClosed, Http2Reason.ClosedStream);
    }
}
