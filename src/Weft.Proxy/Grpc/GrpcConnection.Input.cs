using System.Net.Sockets;
using Weft.Wire.Http2;

namespace Weft.Proxy.Grpc;

/// <content>What is received: the task that does it, frames, and the watch over a silent server.</content>
public sealed partial class GrpcConnection
{
    /// <summary>A header list larger than this fails its call; gRPC's own default is 8 KiB.</summary>
    private const int MaxHeaderListBytes = 32 << 10;

    /// <summary>Holds every frame but DATA whole, and those come in parts.</summary>
    private const int ReadBytes = 32 << 10;

    private static readonly TimeSpan s_shortestWatch = TimeSpan.FromMilliseconds(10);

    private readonly HpackDecoder _decoder = new();
    private Http2FrameReader _frames = new(Http2FrameLimits.Default);
    private byte[] _block = [];
    private int _blockStream;
    private bool _blockEndsStream;
    private long _lastReceived;
    private long _pinged;
    private bool _isPinged;
    private int _dataLeft;

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[ReadBytes];
        int filled = 0;
        try
        {
            while (true)
            {
                int count = await _transport.ReceiveAsync(buffer.AsMemory(filled), _closing.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    if (count == 0)
                        Fail(new GrpcException(GrpcStatusCode.Unavailable, "The server closed the connection."));
                    _lastReceived = _options.Time.GetTimestamp();
                    filled += count;
                    int taken = TakeFrames(buffer.AsSpan(0, filled));
                    Flush();
                    if (_failure is not null)
                        return;
                    filled -= taken;
                    buffer.AsSpan(taken, filled).CopyTo(buffer);
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException or GrpcException or OutOfMemoryException)
        {
            lock (_gate)
                Fail(Lost(e));
        }
    }

    private int TakeFrames(ReadOnlySpan<byte> input)
    {
        int taken = 0;
        while (_failure is null)
        {
            Http2ReadStatus status = _frames.Read(input[taken..], out Http2Frame frame, out int consumed, out Http2Error error);
            taken += consumed;
            if (status == Http2ReadStatus.NeedMore)
                break;
            if (status == Http2ReadStatus.Frame)
                error = Take(frame);
            if (error.IsConnectionError)
                Break(error);
            else if (!error.IsNone && _streams.TryGetValue(frame.StreamId, out GrpcStream? stream))
                Reset(stream, error.Code, Broke(error));
        }

        return taken;
    }

    private Http2Error Take(Http2Frame frame)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Data:
                return TakeData(frame);
            case Http2FrameType.Headers:
                _block = [];
                _blockStream = frame.StreamId;
                _blockEndsStream = frame.EndStream;
                return TakeBlock(frame);
            case Http2FrameType.Continuation:
                return TakeBlock(frame);
            case Http2FrameType.ResetStream:
                if (_streams.TryGetValue(frame.StreamId, out GrpcStream? reset))
                    End(reset, new GrpcException(GrpcStatusText.OfReset(frame.ErrorCode), $"The server reset the call ({frame.ErrorCode})."));
                return Http2Error.None;
            case Http2FrameType.Settings:
                return frame.IsAck ? Http2Error.None : TakeSettings(frame);
            case Http2FrameType.Ping:
                if (!frame.IsAck)
                    QueuePing(frame.Payload, isAck: true);
                else if (_isPinged)
                    WatchFromNow();
                return Http2Error.None;
            case Http2FrameType.GoAway:
                TakeGoAway(frame);
                return Http2Error.None;
            case Http2FrameType.WindowUpdate:
                return TakeWindowUpdate(frame);
            default:
                return Http2Error.None;
        }
    }

    private Http2Error TakeData(Http2Frame frame)
    {
        _streams.TryGetValue(frame.StreamId, out GrpcStream? stream);
        if (frame.IsFirstPart)
        {
            if (!_receive.TryReceive(frame.Length))
                return Http2Error.Connection(Http2ErrorCode.FlowControlError, Http2Reason.WindowExceeded);
            // The connection's window only spares the server a surprise; each stream's own is what bounds memory.
            if (_receive.Release(frame.Length) is > 0 and int more)
                QueueWindowUpdate(0, more);
            if (stream is not null && !stream.TryReceive(frame.Length))
                return Http2Error.Stream(Http2ErrorCode.FlowControlError, Http2Reason.WindowExceeded);
            _dataLeft = frame.Length;
        }

        _dataLeft -= frame.Payload.Length;
        if (stream is null)
            return Http2Error.None;
        if (stream.TakeData(frame.Payload, frame.IsLastPart ? _dataLeft : 0, out int increment) is { } refusal)
        {
            Reset(stream, Http2ErrorCode.Cancel, refusal);
            return Http2Error.None;
        }

        if (frame.EndStream)
        {
            if (!stream.IsRequestDone)
                QueueReset(stream.Id, Http2ErrorCode.NoError);
            End(stream, GrpcStream.WithoutStatus());
        }
        else if (increment > 0)
            QueueWindowUpdate(stream.Id, increment);
        return Http2Error.None;
    }

    /// <summary>Collects the fragments of a header block, whose size the frame reader bounds, and decodes it once it is whole.</summary>
    private Http2Error TakeBlock(Http2Frame frame)
    {
        ReadOnlySpan<byte> block = frame.Payload;
        if (!frame.EndHeaders || _block.Length > 0)
        {
            _block = [.. _block, .. frame.Payload];
            block = _block;
        }

        if (!frame.EndHeaders)
            return Http2Error.None;
        ResponseHead head = new();
        ResponseHead.Sink sink = new(head);
        HpackResult result = _decoder.Decode(block, new byte[MaxHeaderListBytes], new HpackLimits(MaxHeaderListBytes, 200), ref sink);
        _block = [];
        if (result.Error != HpackError.None)
            return Http2Error.Connection(Http2ErrorCode.CompressionError, Http2Reason.BadHeaderBlock);
        if (!_streams.TryGetValue(_blockStream, out GrpcStream? stream))
            return Http2Error.None;
        if (!result.IsComplete)
        {
            Reset(stream, Http2ErrorCode.Cancel, new GrpcException(GrpcStatusCode.ResourceExhausted,
                $"The server sent metadata of {result.ListBytes} bytes in {result.Fields} fields; at most {MaxHeaderListBytes} in 200 are accepted."));
            return Http2Error.None;
        }

        (bool isOver, GrpcException? failure) = stream.TakeHead(head, _blockEndsStream);
        if (!isOver)
            return Http2Error.None;
        if (!_blockEndsStream || !stream.IsRequestDone)
            QueueReset(stream.Id, _blockEndsStream ? Http2ErrorCode.NoError : Http2ErrorCode.Cancel);
        End(stream, failure);
        return Http2Error.None;
    }

    private Http2Error TakeSettings(Http2Frame frame)
    {
        int before = _peer.InitialWindowSize;
        Http2Error error = Http2SettingsPayload.Apply(frame.Payload, fromServer: true, ref _peer);
        if (!error.IsNone)
            return error;
        foreach (GrpcStream stream in _streams.Values)
        {
            if (!stream.TryShiftWindow(_peer.InitialWindowSize - before))
                return Http2Error.Connection(Http2ErrorCode.FlowControlError, Http2Reason.WindowOverflow);
        }

        _encoder.SetPeerTableSize(_peer.HeaderTableSize);
        QueueSettingsAck();
        return Http2Error.None;
    }

    private Http2Error TakeWindowUpdate(Http2Frame frame)
    {
        if (frame.StreamId != 0)
        {
            return !_streams.TryGetValue(frame.StreamId, out GrpcStream? stream) || stream.TryShiftWindow(frame.WindowIncrement)
                ? Http2Error.None : Http2Error.Stream(Http2ErrorCode.FlowControlError, Http2Reason.WindowOverflow);
        }

        if (!_send.TryExpand(frame.WindowIncrement))
            return Http2Error.Connection(Http2ErrorCode.FlowControlError, Http2Reason.WindowOverflow);
        foreach (GrpcStream stream in _streams.Values)
            stream.SignalWritable();
        return Http2Error.None;
    }

    /// <summary>Calls that the server did not look at end at once; the others may go on to their end (RFC 9113 section 6.8).</summary>
    private void TakeGoAway(Http2Frame frame)
    {
        _isGoingAway = true;
        string why = frame.ErrorCode == Http2ErrorCode.NoError ? "is going away" : $"ends the connection ({frame.ErrorCode})";
        int last = frame.LastStreamId;
        foreach (GrpcStream stream in _streams.Values.Where(s => s.Id > last).ToArray())
            End(stream, new GrpcException(GrpcStatusCode.Unavailable, $"The server {why} and did not take the call."));
    }

    private void Break(Http2Error error)
    {
        QueueGoAway(error.Code);
        Fail(Broke(error));
    }

    private static GrpcException Broke(Http2Error error) => new(GrpcStatusCode.Internal, $"The server broke the HTTP/2 protocol ({error.Details}).");

    /// <summary>The first call on an idle connection starts the watch, and so does the answer to a PING. Under the gate.</summary>
    private void WatchFromNow()
    {
        _lastReceived = _options.Time.GetTimestamp();
        _isPinged = false;
        _keepAlive.Change(_options.KeepAliveDelay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The timer: whatever has come since proves the server alive; after silence a PING asks, and after silence again the connection is lost.</summary>
    private void CheckAlive()
    {
        lock (_gate)
        {
            if (_failure is not null || _streams.Count == 0)
                return;
            TimeSpan silence = _options.Time.GetElapsedTime(_lastReceived);
            if (_isPinged ? _lastReceived > _pinged : silence < _options.KeepAliveDelay)
            {
                _isPinged = false;
                TimeSpan left = _options.KeepAliveDelay - silence;
                _keepAlive.Change(left > s_shortestWatch ? left : s_shortestWatch, Timeout.InfiniteTimeSpan);
                return;
            }

            if (_isPinged)
            {
                Fail(new GrpcException(GrpcStatusCode.Unavailable,
                    $"The server has been silent for {silence.TotalSeconds:0.#} s and did not answer a PING within {_options.KeepAliveTimeout.TotalSeconds:0.#} s."));
                return;
            }

            _isPinged = true;
            _pinged = _options.Time.GetTimestamp();
            QueuePing("weft-png"u8, isAck: false);
            Flush();
            _keepAlive.Change(_options.KeepAliveTimeout, Timeout.InfiniteTimeSpan);
        }
    }
}
