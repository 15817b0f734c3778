using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>The states of a stream and the numbers of a connection (RFC 9113 section 5.1).</summary>
public sealed class StreamStateTests
{
    private static readonly Http2Error s_unexpected = Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.UnexpectedHeaders);
    private static readonly Http2Error s_idle = Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.IdleStream);
    private static readonly Http2Error s_closedStream = Http2Error.Stream(Http2ErrorCode.StreamClosed, Http2Reason.ClosedStream);
    private static readonly Http2Error s_closedConnection = Http2Error.Connection(Http2ErrorCode.StreamClosed, Http2Reason.ClosedStream);

    [Fact]
    public void RequestAndResponse_CloseTheServersStream()
    {
        Http2StreamState stream = default;
        Assert.True(stream.ReceiveHeaders(endStream: false).IsNone);
        Assert.Equal((Http2StreamPhase.Open, true, true), (stream.Phase, stream.CanReceive, stream.CanSend));
        Assert.True(stream.ReceiveData(endStream: false).IsNone);
        Assert.True(stream.ReceiveHeaders(endStream: true).IsNone);
        Assert.Equal((Http2StreamPhase.HalfClosedRemote, false, true), (stream.Phase, stream.CanReceive, stream.CanSend));
        Assert.False(stream.SendData(endStream: false));
        Assert.True(stream.SendHeaders(endStream: false, isInterim: true));
        Assert.True(stream.SendHeaders(endStream: false));
        Assert.False(stream.SendHeaders(endStream: false));
        Assert.True(stream.SendData(endStream: true));
        Assert.Equal((Http2StreamPhase.Closed, Http2StreamEnd.Completed), (stream.Phase, stream.End));
        Assert.False(stream.SendReset());
    }

    [Fact]
    public void RequestAndResponse_CloseTheClientsStream()
    {
        Http2StreamState stream = default;
        Assert.True(stream.SendHeaders(endStream: true));
        Assert.Equal(Http2StreamPhase.HalfClosedLocal, stream.Phase);
        Assert.Equal(s_unexpected, stream.ReceiveData(endStream: false));
        Assert.True(stream.ReceiveHeaders(endStream: false, isInterim: true).IsNone);
        Assert.Equal(s_unexpected, stream.ReceiveData(endStream: false));
        Assert.True(stream.ReceiveHeaders(endStream: false).IsNone);
        Assert.True(stream.ReceiveData(endStream: true).IsNone);
        Assert.Equal((Http2StreamPhase.Closed, Http2StreamEnd.Completed), (stream.Phase, stream.End));
    }

    [Fact]
    public void TrailersWithoutEndOfStream_AreAStreamError()
    {
        Http2StreamState stream = default;
        stream.ReceiveHeaders(endStream: false);
        Assert.Equal(s_unexpected, stream.ReceiveHeaders(endStream: false));
        Assert.Equal(s_unexpected, stream.ReceiveHeaders(endStream: true, isInterim: true));
    }

    [Fact]
    public void InterimHeadThatEndsTheStream_IsAStreamError()
    {
        Http2StreamState stream = default;
        stream.SendHeaders(endStream: true);
        Assert.Equal(Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.MalformedMessage), stream.ReceiveHeaders(endStream: true, isInterim: true));
    }

    [Fact]
    public void FramesOnAnIdleStream_EndTheConnection()
    {
        Http2StreamState stream = default;
        Assert.Equal(s_idle, stream.ReceiveData(endStream: false));
        Assert.Equal(s_idle, stream.ReceiveReset());
        Assert.Equal(s_idle, stream.ReceiveWindowUpdate());
        Assert.False(stream.SendData(endStream: true));
        Assert.False(stream.SendReset());
        Assert.Equal(Http2StreamPhase.Idle, stream.Phase);
    }

    [Fact]
    public void FramesBehindEndOfStream_AreAStreamErrorWhileOurSideIsOpen()
    {
        Http2StreamState stream = default;
        stream.ReceiveHeaders(endStream: true);
        Assert.Equal(s_closedStream, stream.ReceiveData(endStream: false));
        Assert.Equal(s_closedStream, stream.ReceiveHeaders(endStream: true));
        Assert.True(stream.ReceiveWindowUpdate().IsNone);
        Assert.True(stream.ReceiveReset().IsNone);
        Assert.Equal(Http2StreamEnd.ResetByPeer, stream.End);
        Assert.Equal(s_closedStream, stream.ReceiveData(endStream: false));
    }

    [Fact]
    public void FramesOnACompletedStream_EndTheConnection()
    {
        Http2StreamState stream = default;
        stream.ReceiveHeaders(endStream: true);
        stream.SendHeaders(endStream: true);
        Assert.Equal(s_closedConnection, stream.ReceiveData(endStream: false));
        Assert.Equal(s_closedConnection, stream.ReceiveHeaders(endStream: false));
        Assert.True(stream.ReceiveWindowUpdate().IsNone);
        Assert.True(stream.ReceiveReset().IsNone);
        Assert.Equal(Http2StreamEnd.Completed, stream.End);
    }

    [Fact]
    public void FramesOnAStreamThatWeReset_AreDropped()
    {
        Http2StreamState stream = default;
        stream.ReceiveHeaders(endStream: false);
        Assert.True(stream.SendReset());
        Assert.True(stream.DropsReceived);
        Assert.True(stream.ReceiveData(endStream: true).IsNone);
        Assert.True(stream.ReceiveHeaders(endStream: true).IsNone);
        Assert.True(stream.ReceiveReset().IsNone);
        Assert.Equal(Http2StreamEnd.ResetByUs, stream.End);
        Assert.False(stream.SendHeaders(endStream: true));
    }

    [Fact]
    public void NumbersOnTheServer_MustRise()
    {
        Http2StreamNumbers numbers = new(isServer: true);
        Assert.Equal(s_idle, numbers.Receive(Http2FrameType.Data, 1, out _));
        Assert.Equal(s_idle, numbers.Receive(Http2FrameType.WindowUpdate, 1, out _));
        Assert.Equal(s_idle, numbers.Receive(Http2FrameType.ResetStream, 1, out _));
        Assert.True(numbers.Receive(Http2FrameType.Priority, 1, out _).IsNone);
        Assert.True(numbers.Receive(Http2FrameType.Headers, 5, out bool isNew).IsNone);
        Assert.Equal((true, 5), (isNew, numbers.Last));
        Assert.Equal(Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.StreamIdNotIncreasing), numbers.Receive(Http2FrameType.Headers, 3, out isNew));
        Assert.False(isNew);
        Assert.Equal(s_closedConnection, numbers.Receive(Http2FrameType.Data, 3, out _));
        Assert.True(numbers.Receive(Http2FrameType.WindowUpdate, 3, out _).IsNone);
    }

    [Fact]
    public void FramesOnEndedNumbers_AreWhatTheirEndSays()
    {
        Http2StreamNumbers numbers = new(isServer: true);
        foreach ((int id, Http2StreamEnd end) in new[] { (1, Http2StreamEnd.Completed), (3, Http2StreamEnd.ResetByPeer), (5, Http2StreamEnd.ResetByUs) })
        {
            numbers.Receive(Http2FrameType.Headers, id, out _);
            numbers.Close(id, end);
        }

        foreach (Http2FrameType type in new[] { Http2FrameType.Data, Http2FrameType.Headers })
        {
            Assert.Equal(s_closedConnection, numbers.Receive(type, 1, out _));
            Assert.Equal(s_closedStream, numbers.Receive(type, 3, out _));
            Assert.True(numbers.Receive(type, 5, out bool isNew).IsNone);
            Assert.False(isNew);
        }

        // Once forgotten nothing is known about them, and late frames are dropped.
        for (int i = 0; i < Http2StreamNumbers.Remembered; i++)
        {
            numbers.Receive(Http2FrameType.Headers, 7 + 2 * i, out _);
            numbers.Close(7 + 2 * i, Http2StreamEnd.Completed);
        }

        Assert.True(numbers.Receive(Http2FrameType.Data, 1, out _).IsNone);
        Assert.True(numbers.Receive(Http2FrameType.Headers, 1, out bool opened).IsNone);
        Assert.False(opened);
    }

    [Fact]
    public void NumbersOnTheClient_EndAtTwoToTheThirtyFirst()
    {
        Http2StreamNumbers numbers = new(isServer: false);
        Assert.True(numbers.TryOpen(out int first) && numbers.TryOpen(out int second) && (first, second) == (1, 3));
        Assert.Equal(s_idle, numbers.Receive(Http2FrameType.Headers, 5, out bool isNew));
        Assert.False(isNew);
        numbers = new(isServer: false, last: int.MaxValue - 2);
        Assert.True(numbers.TryOpen(out int last));
        Assert.Equal(int.MaxValue, last);
        Assert.False(numbers.TryOpen(out _));
        Assert.Equal(int.MaxValue, numbers.Last);
        numbers = new(isServer: false, last: 1);
        Assert.True(numbers.TryOpen(out int behindUpgrade));
        Assert.Equal(3, behindUpgrade);
    }
}
