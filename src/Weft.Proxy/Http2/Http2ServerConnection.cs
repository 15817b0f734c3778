using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Http;
using Weft.Wire.Http2;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Http2;

/// <summary>
/// The client's side of HTTP/2: one exchange a stream.
/// <code>
/// Open → Announced → Draining → Lingering → closed     GOAWAY(2^31−1) and PING; GOAWAY(last) once the PING came back; the last stream ended
///   └──────────────────────────→ Lingering             a connection error: GOAWAY and the end of all streams
/// </code>
/// </summary>
internal sealed class Http2ServerConnection : Http2Connection, IDownstreamConnection, ITimerOwner
{
    private static readonly TimeSpan s_announceFor = TimeSpan.FromSeconds(1);
    private readonly Timer _timer;
    private readonly Timer _durationTimer;
    private readonly Timer _headTimer;
    private readonly ConnectionFacts _facts = new();
    private FilterChainRuntime _chain = null!;
    private HttpRuntime _http = null!;
    private StatBlock<HttpStat> _stats = null!;
    private State _state;
    private HeaderField[]? _trailers;
    private int _requests;
    private int _streams;

    public Http2ServerConnection(Worker worker)
        : base(worker)
    {
        _timer = new Timer(this, 0);
        _durationTimer = new Timer(this, 1);
        _headTimer = new Timer(this, 2);
    }

    private enum State : byte
    {
        Open,
        Announced,
        Draining,
        Lingering,
    }

    public ConnectionFacts Facts => _facts;

    protected override bool IsServer => true;

    protected override int MaxHeaderListBytes => _http.Limits.MaxHeadBytes;

    protected override bool WantsRead => _state == State.Lingering || base.WantsRead;

    private static ReadOnlySpan<byte> DrainPing => "weftdrai"u8;

    /// <summary>Starts on a socket that was just handed over, with the bytes that were read so far, which begin with the client's preface.</summary>
    public void Begin(ConnectionFacts facts, FilterChainRuntime chain, ReadOnlySpan<byte> preread)
    {
        TakeOver(facts, chain);
        BeginHttp2(_http.Model.Http2);
        if (Worker.IsDraining) Retire();
        if (preread.IsEmpty) TimeHeads(finishedBefore: -1);
        else OnData(preread);
    }

    /// <summary>
    /// Starts on a socket whose client asked for an upgrade (RFC 7540 section 3.2): it gets its 101, then our preface, and the answer to its request
    /// as stream 1, to which it sends nothing more.
    /// </summary>
    public void BeginUpgraded(ConnectionFacts facts, FilterChainRuntime chain, HttpExchange exchange, ReadOnlySpan<byte> bytes, RequestHead head, in Http2Settings settings)
    {
        TakeOver(facts, chain);
        Write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"u8);
        BeginHttp2(_http.Model.Http2, settings);
        if (Worker.IsDraining) Retire();
        TimeHeads(finishedBefore: -1);
        head.Version = WireVersion.Http2;
        head.Flags &= ~HeadFlags.Upgrade;
        Start(streamId: 1, exchange, bytes, head, Http2HeadError.None, endStream: true);
    }

    /// <summary>Takes bytes that were read before the socket was handed over.</summary>
    public void TakeMore(ReadOnlySpan<byte> preread) => OnData(preread);

    private void TakeOver(ConnectionFacts facts, FilterChainRuntime chain)
    {
        _facts.TakeOver(facts);
        _chain = chain;
        _http = chain.Http!;
        _state = State.Open;
        _requests = _streams = 0;
        _stats = _http.TelemetryOf(Worker).Stats;
        _stats.Add(HttpStat.DownstreamCxHttp2Total);
        _stats.Add(HttpStat.DownstreamCxHttp2Active);
        if (_http.Model.MaxConnectionDuration > TimeSpan.Zero) Arm(_durationTimer, _http.Model.MaxConnectionDuration);
        ArmIdle();
    }

    public void OnTimer(Timer timer)
    {
        if (!IsOpen) return;
        if (timer.Kind == 1)
        {
            _stats.Add(HttpStat.DownstreamCxMaxDurationReached);
            Retire();
            return;
        }

        if (timer.Kind == 2)
        {
            _stats.Add(HttpStat.DownstreamRqHeaderTimeout);
            SendGoAway(LastStreamId, Http2ErrorCode.NoError, "request_header_timeout");
            LoseStreams(0, Http2Loss.Connection);
            Linger();
            Worker.FlushBatch();
            return;
        }

        switch (_state)
        {
            case State.Open when StreamCount == 0:
                _stats.Add(HttpStat.DownstreamCxIdleTimeout);
                SendGoAway(LastStreamId, Http2ErrorCode.NoError);
                Linger();
                break;
            case State.Open or State.Draining:
                DropStalled();
                if (StreamCount > 0) ArmStall();
                break;
            case State.Announced:
                Settle();
                break;
            case State.Lingering:
                Close(reset: false);
                break;
            default:
                break;
        }

        Worker.FlushBatch();
    }

    /// <summary>
    /// Two steps (RFC 9113 section 6.8): the first GOAWAY refuses nothing, so that requests on their way are served; the second follows when the
    /// client must have seen it.
    /// </summary>
    public void Retire()
    {
        if (_state != State.Open || !IsOpen) return;
        _state = State.Announced;
        _stats.Add(HttpStat.DownstreamCxDrainClose);
        SendGoAway(int.MaxValue, Http2ErrorCode.NoError);
        SendPing(DrainPing, isAck: false);
        Arm(_timer, s_announceFor);
        Worker.FlushBatch();
    }

    /// <summary>With a response under way: is the client to come back on another connection?</summary>
    private void RetireIfAsked()
    {
        if (Worker.EndsKeepalive)
        {
            Retire();
        }
        else if (Worker.Overload.Strikes(OverloadAction.DisableHttpKeepalive, Worker.Random))
        {
            _stats.Add(HttpStat.DownstreamCxOverloadDisableKeepalive);
            Retire();
        }
    }

    public override void OnDrain() => Retire();

    public override void OnDrainTimeout()
    {
        if (_state != State.Lingering) SendGoAway(LastStreamId, Http2ErrorCode.NoError, "drain_timeout");
        _state = State.Lingering;
        LoseStreams(0, Http2Loss.DrainTimeout);
        Close(reset: false);
    }

    public override void Recycle()
    {
        _chain = null!;
        _http = null!;
        _facts.Reset();
        Worker.Http2Servers.Return(this);
    }

    internal StatBlock<HttpStat> Stats => _stats;

    /// <summary>Sends a response's head.</summary>
    internal int SendHead(Http2Stream stream, int status, HeadView view, bool end)
    {
        if (!stream.State.SendHeaders(end, isInterim: status is >= 100 and < 200)) return 0;
        if (_state == State.Open) RetireIfAsked();
        HpackWriter writer = BeginBlock(view, pseudoBytes: 16, out Span<byte> room, out byte[]? rented);
        writer.Status(status);
        writer.Fields(view);
        return EndBlock(stream, writer.Length, room, rented, end);
    }

    /// <summary>The response is out and nobody wants the rest of the request (RFC 9113 section 8.1).</summary>
    internal void StopRequest(Http2Stream stream) => Reset(stream, Http2ErrorCode.NoError);

    protected override Http2Error OnHeaderBlock(Http2Stream? stream, int streamId, bool isNew, ReadOnlySpan<byte> block, bool endStream, bool dependsOnItself)
    {
        if (stream is not null) return ReadTrailers((Http2ServerStream)stream, block, endStream);
        if (!isNew) return Discard(block, Http2Error.None);
        if (_state is State.Draining or State.Lingering)
        {
            // Above what GOAWAY promised: the client knows that nothing comes of it.
            Refuse(streamId);
            return Discard(block, Http2Error.None);
        }

        if (StreamCount >= Options.MaxConcurrentStreams)
        {
            _stats.Add(HttpStat.Http2StreamRefusedErrors);
            return Discard(block, Http2Error.Stream(Http2ErrorCode.RefusedStream, Http2Reason.TooManyStreams));
        }

        if (dependsOnItself) return Discard(block, Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.SelfDependency));
        return ReadRequest(streamId, block, endStream);
    }

    protected override void OnGoAway(int lastStreamId, Http2ErrorCode code)
    {
        // The client will open no stream any more; what is open finishes.
        if (_state is not (State.Open or State.Announced)) return;
        if (StreamCount == 0)
        {
            Linger();
            return;
        }

        _state = State.Draining;
        ArmStall();
    }

    protected override void OnPong(ReadOnlySpan<byte> opaque)
    {
        if (_state == State.Announced && opaque.SequenceEqual(DrainPing)) Settle();
    }

    protected override void OnPeerSettings()
    {
    }

    protected override void OnStreamGone()
    {
        CountStreams();
        if (StreamCount > 0 || !IsOpen) return;
        if (_state == State.Open) ArmIdle();
        else if (_state == State.Draining) Linger();
    }

    protected override void OnConnectionError(Http2Error error)
    {
        _stats.Add(HttpStat.DownstreamCxProtocolError);
        LoseStreams(0, Http2Loss.Protocol);
        Linger();
    }

    protected override void CountBytes(long received, long written)
    {
        _stats.Add(HttpStat.DownstreamCxRxBytesTotal, received);
        _stats.Add(HttpStat.DownstreamCxTxBytesTotal, written);
    }

    protected override void CountGoAway() => _stats.Add(HttpStat.Http2GoawaySent);

    protected override void OnHandshakeDone()
    {
    }

    protected override void OnData(ReadOnlySpan<byte> data)
    {
        if (_state == State.Lingering) return;
        int before = Finished;
        base.OnData(data);
        TimeHeads(before);
    }

    protected override void OnEnd() => Close(reset: false);

    protected override void OnBroken() => Close(reset: false);

    private Http2Error ReadRequest(int streamId, ReadOnlySpan<byte> block, bool endStream)
    {
        HttpExchange exchange = Worker.Exchanges.Rent();
        byte[] buffer = Worker.Buffers.Rent(Engine.Worker.ScratchBytes);
        var builder = Http2HeadBuilder.ForRequest(buffer, exchange.FieldStorage(_http.Limits.MaxFields), _http.Limits.Underscores, Options.AllowConnect);
        HpackResult result = Decode(block, _http.HeaderLimits, ref builder);
        Http2HeadError wrong = builder.FinishRequest(endStream, out RequestHead head);
        if (result.IsOverLimit) wrong = Http2HeadError.TooLarge;
        if (result.IsOverLimit) _stats.Add(HttpStat.Http2HeaderOverflow);
        else if (wrong != Http2HeadError.None) _stats.Add(HttpStat.Http2RxMessagingError);
        Http2Error error = result.Error != HpackError.None ? Http2Error.Connection(Http2ErrorCode.CompressionError, Http2Reason.BadHeaderBlock)
            : wrong != Http2HeadError.None && Http2HeadErrors.Status(wrong) == 0 ? Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.MalformedMessage)
            : Http2Error.None;
        if (error.IsNone) Start(streamId, exchange, buffer.AsSpan(0, builder.Length), head, wrong, endStream);
        else if (error.IsConnectionError) Worker.Exchanges.Return(exchange);
        else exchange.RefuseUnanswered(_facts, _chain, Http2HeadErrors.Details(wrong));
        Worker.Buffers.Return(buffer);
        return error;
    }

    private void Start(int streamId, HttpExchange exchange, ReadOnlySpan<byte> bytes, in RequestHead head, Http2HeadError wrong, bool endStream)
    {
        Http2ServerStream stream = Worker.Http2ServerStreams.Rent();
        Add(stream, streamId);
        CountStreams();
        stream.Tie(exchange, head.Method == RequestMethod.Connect);
        stream.State.ReceiveHeaders(endStream);
        if (head.Framing == BodyFraming.ContentLength) stream.RemoteLength = new Http2BodyLength(head.ContentLength);
        if (StreamCount == 1 && _state == State.Open) ArmStall();
        _requests++;
        if (wrong != Http2HeadError.None)
        {
            int status = Http2HeadErrors.Status(wrong);
            if (wrong == Http2HeadError.TooLarge) _stats.Add(HttpStat.DownstreamRqTooLarge);
            exchange.Begin(stream, _facts, _chain);
            exchange.Reply(status, StatusReasons.Reason(status), Http2HeadErrors.Details(wrong), ResponseFlags.DownstreamProtocolError);
        }
        else
        {
            exchange.Begin(stream, _facts, _chain, bytes, head, endStream);
        }

        if (_http.Model.MaxRequestsPerConnection > 0 && _requests >= _http.Model.MaxRequestsPerConnection) Retire();
    }

    private Http2Error ReadTrailers(Http2ServerStream stream, ReadOnlySpan<byte> block, bool endStream)
    {
        byte[] buffer = Worker.Buffers.Rent(Engine.Worker.ScratchBytes);
        Span<HeaderField> fields = _trailers ??= new HeaderField[_http.Limits.MaxFields];
        var builder = Http2HeadBuilder.ForTrailers(buffer, fields, _http.Limits.Underscores);
        HpackResult result = Decode(block, _http.HeaderLimits, ref builder);
        Http2HeadError wrong = builder.FinishTrailers(out int count, out int end);
        Http2Error error = result.Error != HpackError.None ? Http2Error.Connection(Http2ErrorCode.CompressionError, Http2Reason.BadHeaderBlock) : stream.State.ReceiveHeaders(endStream);
        // Behind the head of a CONNECT there is nothing but DATA (RFC 9113 section 8.5).
        if (error.IsNone && (result.IsOverLimit || wrong != Http2HeadError.None || !stream.RemoteLength.MayEnd || stream.IsConnect))
            error = Http2Error.Stream(Http2ErrorCode.ProtocolError, Http2Reason.MalformedMessage);
        if (error.IsNone)
        {
            _stats.Add(HttpStat.Http2Trailers);
            stream.OnTrailers(new HeadView(buffer.AsSpan(0, builder.Length), fields[..count], end, null));
            EndRemote(stream);
        }

        Worker.Buffers.Return(buffer);
        return error;
    }

    private void CountStreams()
    {
        _stats.Add(HttpStat.Http2StreamsActive, StreamCount - _streams);
        _streams = StreamCount;
    }

    private void Settle()
    {
        if (_state != State.Announced) return;
        _state = State.Draining;
        SendGoAway(LastStreamId, Http2ErrorCode.NoError);
        if (StreamCount == 0) Linger();
        else ArmStall();
    }

    /// <summary>Everything was said: our side ends, and the client has a moment to end its own.</summary>
    private void Linger()
    {
        if (_state == State.Lingering || !IsOpen) return;
        _state = State.Lingering;
        TimerWheel.Disarm(_headTimer);
        ShutdownAfterSending();
        Arm(_timer, _http.Model.DelayedCloseTimeout > TimeSpan.Zero ? _http.Model.DelayedCloseTimeout : TimeSpan.FromSeconds(1));
    }

    private void Close(bool reset)
    {
        if (!IsOpen) return;
        // Nothing that ends with it arms a timer again.
        _state = State.Lingering;
        TimerWheel.Disarm(_timer);
        TimerWheel.Disarm(_durationTimer);
        TimerWheel.Disarm(_headTimer);
        EndHttp2();
        _stats.Add(HttpStat.DownstreamCxActive, -1);
        _stats.Add(HttpStat.DownstreamCxHttp2Active, -1);
        if (_chain.Tls is not null) _stats.Add(HttpStat.DownstreamCxSslActive, -1);
        _stats.Add(HttpStat.DownstreamCxDestroy);
        _facts.Leave(Worker);
        CloseTransport(reset);
    }

    /// <summary>
    /// What the client has begun must be finished in time, as an HTTP/1.1 head must be (Envoy's request_headers_timeout): its preface with SETTINGS,
    /// a frame, a header block.
    /// </summary>
    private void TimeHeads(int finishedBefore)
    {
        TimeSpan limit = _http.Model.RequestHeadersTimeout;
        if (limit <= TimeSpan.Zero || !IsOpen || _state == State.Lingering) return;
        if (!IsMidway) TimerWheel.Disarm(_headTimer);
        else if (Finished != finishedBefore || !_headTimer.IsArmed) Arm(_headTimer, limit);
    }

    /// <summary>While streams are open, what is looked for now and then is a client that takes nothing.</summary>
    private void ArmStall()
    {
        Arm(_timer, _http.Model.StreamIdleTimeout > TimeSpan.Zero ? _http.Model.StreamIdleTimeout : TimeSpan.FromMinutes(5));
    }

    private void ArmIdle()
    {
        if (_http.Model.IdleTimeout > TimeSpan.Zero) Arm(_timer, _http.Model.IdleTimeout);
        else TimerWheel.Disarm(_timer);
    }

    private void Arm(Timer timer, TimeSpan delay) => Worker.Timers.Arm(timer, Worker.Clock.NowMs, Math.Max((long)delay.TotalMilliseconds, 1));
}
