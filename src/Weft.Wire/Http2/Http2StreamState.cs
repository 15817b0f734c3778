namespace Weft.Wire.Http2;

/// <summary>
/// The state of one stream that one side has begun (RFC 9113 section 5.1), the same for a server and a client. The methods for received
/// frames answer with the error that the frame is, if any, and change nothing then; those for sent frames say whether the frame may be
/// sent. Header blocks must be decoded whatever is answered. A mutable struct: never copy it.
/// </summary>
public struct Http2StreamState
{
    private bool _hasReceivedHead;
    private bool _hasSentHead;

    /// <summary>The state.</summary>
    public Http2StreamPhase Phase { get; private set; }

    /// <summary>How the stream was closed.</summary>
    public Http2StreamEnd End { get; private set; }

    /// <summary>True while the peer may send DATA or trailers.</summary>
    public readonly bool CanReceive => Phase is Http2StreamPhase.Open or Http2StreamPhase.HalfClosedLocal;

    /// <summary>True while we may send DATA or trailers; the head must have gone first.</summary>
    public readonly bool CanSend => Phase is Http2StreamPhase.Open or Http2StreamPhase.HalfClosedRemote;

    /// <summary>True when received HEADERS and DATA are to be dropped without an answer; DATA still counts against the connection's window.</summary>
    public readonly bool DropsReceived => End == Http2StreamEnd.ResetByUs;

    /// <summary>
    /// HEADERS received: a request's head, a response's, or trailers.
    /// </summary>
    /// <param name="endStream">The frame has END_STREAM.</param>
    /// <param name="isInterim">The decoded head is a 1xx response, behind which another head follows.</param>
    public Http2Error ReceiveHeaders(bool endStream, bool isInterim = false)
    {
        // idle → open: a request arrives
        if (Phase == Http2StreamPhase.Idle)
            Phase = Http2StreamPhase.Open;
        else if (!CanReceive)
            return ReceivedAfterEnd();
        if (_hasReceivedHead && (!endStream || isInterim))
            return Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.UnexpectedHeaders);
        if (isInterim && endStream)
            return Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.MalformedMessage);
        _hasReceivedHead = !isInterim;
        if (endStream)
            EndRemote();
        return Http2Error.None;
    }

    /// <summary>DATA received; <paramref name="endStream"/> at the last part of a frame that has it.</summary>
    public Http2Error ReceiveData(bool endStream)
    {
        if (Phase == Http2StreamPhase.Idle)
            return Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.IdleStream);
        if (!CanReceive)
            return ReceivedAfterEnd();
        if (!_hasReceivedHead)
            return Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.UnexpectedHeaders);
        if (endStream)
            EndRemote();
        return Http2Error.None;
    }

    /// <summary>RST_STREAM received.</summary>
    public Http2Error ReceiveReset()
    {
        if (Phase == Http2StreamPhase.Idle)
            return Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.IdleStream);
        Close(Http2StreamEnd.ResetByPeer);
        return Http2Error.None;
    }

    /// <summary>WINDOW_UPDATE received. On a closed stream it is without effect.</summary>
    public readonly Http2Error ReceiveWindowUpdate() => Phase == Http2StreamPhase.Idle
        ? Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.IdleStream) : Http2Error.None;

    /// <summary>HEADERS to send: a head, an interim one, or trailers with <paramref name="endStream"/>. False when the stream does not allow it.</summary>
    public bool SendHeaders(bool endStream, bool isInterim = false)
    {
        // idle → open: a request leaves
        if (Phase == Http2StreamPhase.Idle)
            Phase = Http2StreamPhase.Open;
        else if (!CanSend || (_hasSentHead && !endStream))
            return false;
        if (isInterim && (endStream || _hasSentHead))
            return false;
        _hasSentHead = !isInterim;
        if (endStream)
            EndLocal();
        return true;
    }

    /// <summary>DATA to send. False when the stream does not allow it.</summary>
    public bool SendData(bool endStream)
    {
        if (!CanSend || !_hasSentHead)
            return false;
        if (endStream)
            EndLocal();
        return true;
    }

    /// <summary>RST_STREAM to send. False when the stream is idle or closed, where it has no place.</summary>
    public bool SendReset()
    {
        if (Phase is Http2StreamPhase.Idle or Http2StreamPhase.Closed)
            return false;
        Close(Http2StreamEnd.ResetByUs);
        return true;
    }

    // open → half-closed (remote), half-closed (local) → closed
    private void EndRemote()
    {
        if (Phase == Http2StreamPhase.Open)
            Phase = Http2StreamPhase.HalfClosedRemote;
        else
            Close(Http2StreamEnd.Completed);
    }

    // open → half-closed (local), half-closed (remote) → closed
    private void EndLocal()
    {
        if (Phase == Http2StreamPhase.Open)
            Phase = Http2StreamPhase.HalfClosedLocal;
        else
            Close(Http2StreamEnd.Completed);
    }

    // any → closed; the first end counts
    private void Close(Http2StreamEnd end)
    {
        if (Phase != Http2StreamPhase.Closed)
            End = end;
        Phase = Http2StreamPhase.Closed;
    }

    private readonly Http2Error ReceivedAfterEnd() => Phase == Http2StreamPhase.HalfClosedRemote
        ? Http2Error.Stream(Http2ErrorCode.StreamClosed, Http2Reason.ClosedStream) : Http2ClosedStream.Receive(End);
}
