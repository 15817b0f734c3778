using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Transport;
using Weft.Wire.Http2;

namespace Weft.Proxy.Http2;

/// <summary>
/// What both sides of HTTP/2 have in common (RFC 9113): frames in and out, settings, windows, header tables, the table of streams. Reading
/// never stops for one stream: what a stream's owner cannot take is bounded by the stream's window, whose room is given back when the owner
/// takes more. A connection whose peer does not read what it makes us answer is not read either.
/// </summary>
internal abstract partial class Http2Connection(Worker worker) : SocketConnection(worker)
{
    /// <summary>Answers and heads that wait for the socket; beyond it the connection is not read.</summary>
    private const int MaxUnsentBytes = 128 * 1024;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly List<Http2Stream> _leaving = [];
    private Http2FrameReader _reader;
    private Http2AbuseGuard _guard;
    private Http2StreamNumbers _numbers = null!;
    private HpackDecoder _decoder = null!;
    private HpackEncoder _encoder = null!;
    private Http2Settings _peer = new();
    private ByteQueue _input;
    private ByteQueue _block;
    private bool _blockEndsStream;
    private bool _blockDependsOnItself;
    private bool _settingsAcknowledged;
    private bool _expectsPreface;
    private bool _failed;
    private int _lowestGoAway;

    /// <summary>How many streams are open.</summary>
    public int StreamCount => _streams.Count;

    /// <summary>What the peer's SETTINGS say so far.</summary>
    protected Http2Settings PeerSettings => _peer;

    protected Http2Model Options { get; private set; } = Http2Model.Default;

    /// <summary>The highest stream that was opened; what GOAWAY tells.</summary>
    protected int LastStreamId => _numbers.Last;

    /// <summary>
    /// True while the peer has begun something and not finished it: its preface with SETTINGS, a frame, a header block. DATA, which is taken as it
    /// comes, is no such thing.
    /// </summary>
    protected bool IsMidway => _expectsPreface || !_reader.HasSettings || _reader.UnfinishedHeadersStream != 0 || !_input.IsEmpty;

    /// <summary>Counts what the peer has finished, so that one frame that never ends can be told from many behind each other.</summary>
    protected int Finished { get; private set; }

    protected override bool Corks => true;

    protected override bool WantsRead => UnsentBytes < MaxUnsentBytes;

    /// <summary>True on the server's side.</summary>
    protected abstract bool IsServer { get; }

    /// <summary>Decoded bytes of a header list that the peer may send; it is told.</summary>
    protected abstract int MaxHeaderListBytes { get; }

    /// <summary>
    /// Takes a whole header block, which must be decoded whatever comes of it. Without a stream it opens one, or nobody wants it
    /// (<paramref name="isNew"/> false).
    /// </summary>
    protected abstract Http2Error OnHeaderBlock(Http2Stream? stream, int streamId, bool isNew, ReadOnlySpan<byte> block, bool endStream, bool dependsOnItself);

    /// <summary>The peer announced the end; streams above <paramref name="lastStreamId"/> were not acted upon.</summary>
    protected abstract void OnGoAway(int lastStreamId, Http2ErrorCode code);

    /// <summary>The peer answered a PING of ours.</summary>
    protected abstract void OnPong(ReadOnlySpan<byte> opaque);

    /// <summary>The peer's settings changed.</summary>
    protected abstract void OnPeerSettings();

    /// <summary>A stream left the table.</summary>
    protected abstract void OnStreamGone();

    /// <summary>A GOAWAY went out.</summary>
    protected abstract void CountGoAway();

    /// <summary>The peer broke the protocol in a way that ends the connection; GOAWAY was sent. The connection must be closed.</summary>
    protected abstract void OnConnectionError(Http2Error error);

    /// <summary>
    /// Starts the protocol on a connection that is ready for bytes, and sends our side's preface. <paramref name="upgraded"/> are the settings of a
    /// client that came by an upgrade: its request is stream 1.
    /// </summary>
    protected void BeginHttp2(Http2Model options, Http2Settings? upgraded = null)
    {
        Options = options;
        _reader = new Http2FrameReader(Http2FrameLimits.Default);
        _decoder = new HpackDecoder(options.HeaderTableBytes);
        _encoder = new HpackEncoder();
        _peer = upgraded ?? new Http2Settings();
        _encoder.SetPeerTableSize(_peer.HeaderTableSize);
        _numbers = new Http2StreamNumbers(IsServer, last: upgraded is not null ? 1 : IsServer ? 0 : Worker.Engine.Options.Http2NumbersUsed);
        _guard = new Http2AbuseGuard(options.Abuse, Worker.Clock.NowMs);
        _sendWindow = new FlowWindow(Http2Settings.DefaultInitialWindowSize);
        _receiveWindow = new ReceiveWindow(Math.Max(options.InitialConnectionWindowBytes, Http2Settings.DefaultInitialWindowSize));
        _queuedControl = 0;
        _settingsAcknowledged = _failed = false;
        _lowestGoAway = int.MaxValue;
        _expectsPreface = IsServer;
        SendPreface();
    }

    /// <summary>The open stream with this number, or null.</summary>
    protected Http2Stream? Find(int streamId) => _streams.GetValueOrDefault(streamId);

    /// <summary>Opens a stream.</summary>
    protected void Add(Http2Stream stream, int id)
    {
        stream.Attach(this, id, _peer.InitialWindowSize, Options.InitialStreamWindowBytes);
        _streams[id] = stream;
    }

    /// <summary>Takes the next number of a client; 0 when all are used up.</summary>
    protected int NextStreamId()
    {
        if (!_numbers.TryOpen(out int id)) return 0;
        _guard.OpenStream();
        return id;
    }

    /// <summary>Remembers a stream that was never let in: what the peer sent on it before it knew is dropped, and is no error.</summary>
    protected void Refuse(int streamId) => _numbers.Close(streamId, Http2StreamEnd.ResetByUs);

    /// <summary>Takes a stream out of the table: both sides have ended, or one reset it. It is recycled at the end of the round.</summary>
    protected void Remove(Http2Stream stream)
    {
        // Ended without any fault of the peer: such streams weigh against those that it made end early.
        if (stream.IsAttached) _guard.EndStream(wasReset: false, 0);
        TakeOut(stream);
    }

    private void TakeOut(Http2Stream stream)
    {
        if (!_streams.Remove(stream.Id)) return;
        _numbers.Close(stream.Id, stream.State.End);
        if (IsServer) ReturnToConnection(stream.Unreturned);
        Unqueue(stream);
        stream.Detach();
        Worker.RecycleLater(stream);
        OnStreamGone();
    }

    /// <summary>Ends every stream whose number is above the given one; 0 ends all.</summary>
    protected void LoseStreams(int above, Http2Loss loss)
    {
        _leaving.Clear();
        foreach (Http2Stream stream in _streams.Values)
        {
            if (stream.Id > above) _leaving.Add(stream);
        }

        // Losing one may end others (an exchange that retries at once), so each is looked up again.
        for (int i = 0; i < _leaving.Count; i++)
        {
            Http2Stream stream = _leaving[i];
            if (!ReferenceEquals(Find(stream.Id), stream)) continue;
            Remove(stream);
            stream.OnLost(loss);
        }

        _leaving.Clear();
    }

    /// <summary>Decodes a header block into a sink. A block that cannot be decoded ends the connection.</summary>
    protected unsafe HpackResult Decode<TSink>(ReadOnlySpan<byte> block, in HpackLimits limits, ref TSink sink)
        where TSink : IHpackSink, allows ref struct =>
        _decoder.Decode(block, new Span<byte>(Worker.CipherScratch, Worker.ScratchBytes), limits, ref sink);

    /// <summary>Drops everything; the descriptor is closed by the caller.</summary>
    protected void EndHttp2()
    {
        LoseStreams(0, Http2Loss.Connection);
        _input.Clear(Worker.Buffers);
        _block.Clear(Worker.Buffers);
        _sendableFirst = _sendableLast = null;
    }

    protected override void OnData(ReadOnlySpan<byte> data)
    {
        if (_input.IsEmpty)
        {
            int used = Process(data);
            if (IsOpen && used < data.Length) _input.Append(Worker.Buffers, data[used..]);
            return;
        }

        _input.Append(Worker.Buffers, data);
        int taken = Process(_input.Bytes);
        if (taken > 0 && !_input.IsEmpty) _input.Consume(Worker.Buffers, taken);
    }

    protected override void OnDrained()
    {
        _queuedControl = 0;
        PumpSendable();
        ResumeReading();
    }

    protected override void OnHangupWhilePaused() => OnBroken();

    private int Process(ReadOnlySpan<byte> data)
    {
        int at = 0;
        if (_expectsPreface)
        {
            if (data.Length < Http2Preface.Bytes.Length)
            {
                if (!Http2Preface.IsPossible(data)) Fail(Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.BadPreface));
                return 0;
            }

            if (!Http2Preface.IsComplete(data))
            {
                Fail(Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.BadPreface));
                return 0;
            }

            at = Http2Preface.Bytes.Length;
            _expectsPreface = false;
        }

        while (IsOpen && !_failed)
        {
            Http2ReadStatus status = _reader.Read(data[at..], out Http2Frame frame, out int consumed, out Http2Error error);
            at += consumed;
            if (status == Http2ReadStatus.NeedMore) return at;
            if (status == Http2ReadStatus.Frame) error = Judge(frame);
            if (status == Http2ReadStatus.Frame && error.IsNone) error = Handle(frame);
            if (_reader.UnfinishedHeadersStream == 0) Finished++;
            if (error.IsNone) continue;
            if (error.IsConnectionError) Fail(error);
            else ResetStream(frame.StreamId, error);
        }

        return data.Length;
    }

    /// <summary>Legal or not, is it too much?</summary>
    private Http2Error Judge(scoped in Http2Frame frame)
    {
        Http2Error error = _guard.Receive(frame, Worker.Clock.NowMs);
        return error.IsNone ? _guard.CheckQueue(_queuedControl) : error;
    }

    private Http2Error Handle(scoped in Http2Frame frame)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Data:
                return OnDataFrame(frame);
            case Http2FrameType.Headers or Http2FrameType.Continuation:
                return OnHeadersFrame(frame);
            case Http2FrameType.ResetStream:
                return OnResetFrame(frame);
            case Http2FrameType.WindowUpdate:
                return OnWindowUpdate(frame);
            case Http2FrameType.Settings:
                return OnSettingsFrame(frame);
            case Http2FrameType.Ping:
                if (frame.IsAck) OnPong(frame.Payload);
                else SendPing(frame.Payload, isAck: true);
                return Http2Error.None;
            case Http2FrameType.GoAway:
                OnGoAway(frame.LastStreamId, frame.ErrorCode);
                return Http2Error.None;
            default:
                return Http2Error.None;
        }
    }

    private Http2Error OnHeadersFrame(scoped in Http2Frame frame)
    {
        bool isFirst = frame.Type == Http2FrameType.Headers;
        if (isFirst)
        {
            _blockEndsStream = frame.EndStream;
            _blockDependsOnItself = frame.DependsOnItself;
        }

        if (isFirst && frame.EndHeaders) return OnBlock(frame.StreamId, frame.Payload);
        _block.Append(Worker.Buffers, frame.Payload);
        if (!frame.EndHeaders) return Http2Error.None;
        Http2Error error = OnBlock(frame.StreamId, _block.Bytes);
        _block.Clear(Worker.Buffers);
        return error;
    }

    private Http2Error OnBlock(int streamId, ReadOnlySpan<byte> block)
    {
        Http2Stream? stream = Find(streamId);
        bool isNew = false;
        if (stream is null)
        {
            Http2Error error = _numbers.Receive(Http2FrameType.Headers, streamId, out isNew);
            if (!error.IsNone) return Discard(block, error);
            if (isNew) _guard.OpenStream();
        }

        Http2Error outcome = OnHeaderBlock(stream, streamId, isNew, block, _blockEndsStream, _blockDependsOnItself);
        if (isNew && !outcome.IsNone) Refuse(streamId);
        return outcome;
    }

    /// <summary>Decodes a block that nobody wants, for the table's sake.</summary>
    protected Http2Error Discard(ReadOnlySpan<byte> block, Http2Error outcome)
    {
        var nobody = new DiscardSink();
        return Decode(block, HpackLimits.Default, ref nobody).Error == HpackError.None
            ? outcome : Http2Error.Connection(Http2ErrorCode.CompressionError, Http2Reason.BadHeaderBlock);
    }

    private Http2Error OnDataFrame(scoped in Http2Frame frame)
    {
        if (frame.IsFirstPart && !_receiveWindow.TryReceive(frame.Length))
            return Http2Error.Connection(Http2ErrorCode.FlowControlError, Http2Reason.WindowExceeded);
        if (Find(frame.StreamId) is not { } stream)
        {
            // Nobody takes it: its room goes back to the connection at once. A frame is judged once, however many parts it comes in.
            if (!frame.IsFirstPart) return Http2Error.None;
            ReturnToConnection(frame.Length);
            return _numbers.Receive(frame.Type, frame.StreamId, out _);
        }

        if (frame.IsFirstPart)
        {
            // The room of the whole frame with its padding, which comes with no part, counts from the first part on.
            stream.Unreturned += frame.Length;
            if (!IsServer) ReturnToConnection(frame.Length);
            if (!stream.ReceiveWindow.TryReceive(frame.Length)) return Http2Error.Stream(Http2ErrorCode.FlowControlError, Http2Reason.WindowExceeded);
        }

        Http2Error error = stream.State.ReceiveData(frame.EndStream);
        if (!error.IsNone) return error;
        if (!stream.RemoteLength.TryReceive(frame.Payload.Length) || (frame.EndStream && !stream.RemoteLength.MayEnd))
            return Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.ContentLengthMismatch);
        if (!frame.Payload.IsEmpty) stream.OnData(frame.Payload);
        if (!stream.IsAttached || stream.Id != frame.StreamId) return Http2Error.None;
        if (frame.EndStream) EndRemote(stream);
        else ReturnRoom(stream);
        return Http2Error.None;
    }

    private Http2Error OnResetFrame(scoped in Http2Frame frame)
    {
        if (Find(frame.StreamId) is not { } stream) return _numbers.Receive(frame.Type, frame.StreamId, out _);
        bool isStopped = frame.ErrorCode == Http2ErrorCode.NoError && stream.State.Phase == Http2StreamPhase.HalfClosedRemote;
        stream.State.ReceiveReset();
        Http2Error verdict = _guard.EndStream(wasReset: true, Worker.Clock.NowMs - stream.OpenedMs);
        TakeOut(stream);
        stream.OnLost(isStopped ? Http2Loss.Stopped : frame.ErrorCode == Http2ErrorCode.RefusedStream ? Http2Loss.Refused : Http2Loss.Reset);
        return verdict;
    }

    private Http2Error OnSettingsFrame(scoped in Http2Frame frame)
    {
        if (frame.IsAck)
        {
            if (_settingsAcknowledged) return Http2Error.Connection(Http2ErrorCode.ProtocolError, Http2Reason.UnexpectedSettingsAck);
            _settingsAcknowledged = true;
            _decoder.OnSettingsAcknowledged(Options.HeaderTableBytes);
            return Http2Error.None;
        }

        int before = _peer.InitialWindowSize;
        Http2Error error = Http2SettingsPayload.Apply(frame.Payload, fromServer: !IsServer, ref _peer);
        if (!error.IsNone) return error;
        _encoder.SetPeerTableSize(_peer.HeaderTableSize);
        error = ShiftWindows(_peer.InitialWindowSize - before);
        if (!error.IsNone) return error;
        SendSettingsAck();
        OnPeerSettings();
        PumpSendable();
        return Http2Error.None;
    }

    /// <summary>The peer's side is complete.</summary>
    protected void EndRemote(Http2Stream stream)
    {
        if (IsServer) ReturnToConnection(stream.Unreturned);
        stream.Unreturned = 0;
        stream.OnRemoteEnd();
        if (stream.IsAttached) RemoveIfOver(stream);
    }

    /// <summary>Ends one stream because the peer broke the rules on it. Doing that over and over ends the connection.</summary>
    private void ResetStream(int streamId, Http2Error error)
    {
        if (streamId > _numbers.Last)
        {
            // A stream that nobody opened cannot be reset (RFC 9113 section 6.4).
            Fail(Http2Error.Connection(error.Code, error.Reason));
            return;
        }

        SendReset(streamId, error.Code);
        long lifetime = 0;
        if (Find(streamId) is { } stream)
        {
            lifetime = Worker.Clock.NowMs - stream.OpenedMs;
            stream.State.SendReset();
            TakeOut(stream);
            stream.OnLost(Http2Loss.Protocol);
        }

        Http2Error verdict = _guard.EndStream(wasReset: true, lifetime);
        if (!verdict.IsNone) Fail(verdict);
    }

    /// <summary>Ends streams that only wait for a peer that takes nothing; to be called at long intervals.</summary>
    protected void DropStalled()
    {
        _leaving.Clear();
        foreach (Http2Stream stream in _streams.Values)
        {
            if (!stream.IsOrphan) continue;
            if (stream.IsStalled) _leaving.Add(stream);
            stream.IsStalled = true;
        }

        foreach (Http2Stream stream in _leaving) Reset(stream, Http2ErrorCode.Cancel);
        _leaving.Clear();
    }

    /// <summary>Ends the connection because the peer broke the rules; the reason goes out as GOAWAY's debug data.</summary>
    protected void Fail(Http2Error error)
    {
        if (_failed || !IsOpen) return;
        _failed = true;
        SendGoAway(IsServer ? LastStreamId : 0, error.Code, error.Details);
        OnConnectionError(error);
    }
}
