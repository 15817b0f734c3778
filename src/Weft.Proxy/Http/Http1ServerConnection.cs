// Length: the one state machine of the client's side of HTTP/1.1; its states and transitions are read together.
using Weft.Proxy.Engine;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Transport;
using Weft.Wire.Http;
using Weft.Wire.Http1;
using Weft.Wire.Http2;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Http;

/// <summary>
/// The client's side of HTTP/1.1: requests are read one at a time and in order; what a client sends ahead stays in the socket, or in
/// <see cref="_input"/> when it came with the same segment.
/// <code>
/// Head → Body → Waiting → Head        a request, its body, its response, the next
///    └→ Waiting ─→ Tunnel             after a 101, or a 2xx to CONNECT
/// any → Lingering → closed            our side ended, the client's rest is read and dropped
/// </code>
/// </summary>
internal sealed partial class Http1ServerConnection : SocketConnection, IDownstreamStream, IDownstreamConnection, ITimerOwner
{
    private const int RequestsPerRound = 32;
    private readonly Timer _timer;
    private readonly Timer _durationTimer;
    private readonly ConnectionFacts _facts = new();
    private FilterChainRuntime _chain = null!;
    private HttpRuntime _http = null!;
    private StatBlock<HttpStat> _stats = null!;
    private HttpExchange? _exchange;
    private ByteQueue _input;
    private ChunkedDecoder _chunked;
    private long _bodyLeft;
    private int _scanned;
    private int _requests;
    private int _requestsThisRound;
    private State _state;
    private bool _bodyIsChunked;
    private bool _responseIsChunked;
    private bool _lacksLength;
    private bool _opensTunnel;
    private bool _closeAfterResponse;
    private bool _clientIs10;
    private bool _yielded;
    private bool _draining;
    private bool _headTimed;
    private bool _protocolKnown;

    public Http1ServerConnection(Worker worker)
        : base(worker)
    {
        _timer = new Timer(this, 0);
        _durationTimer = new Timer(this, 1);
    }

    private enum State : byte
    {
        Head,
        Body,
        Waiting,
        Tunnel,
        Lingering,
    }

    public bool IsBlocked => HasUnsent;

    public ConnectionFacts Facts => _facts;

    protected override bool WantsRead => _state switch
    {
        State.Head => !_yielded,
        State.Body or State.Tunnel => !_yielded && _exchange!.CanTakeRequestData,
        State.Waiting => false,
        _ => true,
    };

    /// <summary>Takes over an accepted connection from its inspection, with the bytes that were read so far.</summary>
    public void Begin(ConnectionInspection from, FilterChainRuntime chain, ReadOnlySpan<byte> preread, bool readable)
    {
        BeginTransport();
        from.Facts.CopyTo(_facts);
        _chain = chain;
        _http = chain.Http!;
        _state = State.Head;
        _stats = _http.TelemetryOf(Worker).Stats;
        _stats.Add(HttpStat.DownstreamCxTotal);
        _stats.Add(HttpStat.DownstreamCxActive);
        _protocolKnown = false;
        if (_http.Model.MaxConnectionDuration > TimeSpan.Zero)
            Worker.Timers.Arm(_durationTimer, Worker.Clock.NowMs, (long)_http.Model.MaxConnectionDuration.TotalMilliseconds);
        _scanned = _requests = 0;
        _closeAfterResponse = _yielded = _draining = false;
        Worker.Retarget(from, this);
        ArmIdle();
        if (chain.Tls is { } slot)
        {
            _stats.Add(HttpStat.DownstreamCxSslTotal);
            _stats.Add(HttpStat.DownstreamCxSslActive);
            BeginTls(Worker.TlsSessions.Accept(slot.Context!));
            FeedTls(preread);
            if (_chain.Model.TransportSocketConnectTimeout > TimeSpan.Zero) Arm(_chain.Model.TransportSocketConnectTimeout);
            Worker.Schedule(this);
        }
        else
        {
            IsReadable = readable;
            AddReceived(preread.Length);
            if (!preread.IsEmpty) OnData(preread);
            if (IsReadable && IsOpen) Worker.Schedule(this);
        }
    }

    public void SendInterim(int status, HeadView view)
    {
        if (_clientIs10) return;
        Span<byte> room = ReserveWrite(view.Buffer.Length + (view.Edits?.AddedBytes ?? 0) + 64);
        var writer = new HeadWriter(room);
        writer.StatusLine(status);
        writer.Fields(view);
        writer.End();
        CommitWrite(writer.Length);
    }

    public void SendHead(int status, HeadView view, BodyFraming framing, bool end)
    {
        _opensTunnel = status == 101 || (_exchange!.IsConnect && status is >= 200 and < 300);
        if (end && !_opensTunnel && _state != State.Waiting) _closeAfterResponse = true;
        // What a client sent for the tunnel that it does not get must not be read as its next request.
        if (!_opensTunnel && _exchange!.Head.Method == RequestMethod.Connect) _closeAfterResponse = true;
        if (!end && framing is BodyFraming.UntilClose or BodyFraming.Chunked && _clientIs10) _closeAfterResponse = true;
        _lacksLength = end && !_opensTunnel && status is >= 200 and not (204 or 304) && _exchange!.Head.Method != RequestMethod.Head && !view.TryGet(KnownHeader.ContentLength, out _);
        if (!_closeAfterResponse) _closeAfterResponse = IsLastResponse();
        _responseIsChunked = !end && !_opensTunnel && framing is BodyFraming.Chunked or BodyFraming.UntilClose && !_clientIs10;
        int bound = view.Buffer.Length + (view.Edits?.AddedBytes ?? 0) + 128;
        if (bound > Worker.ScratchBytes)
        {
            byte[] large = Worker.Buffers.Rent(bound);
            Write(large.AsSpan(0, WriteHead(large, status, view)));
            Worker.Buffers.Return(large);
            return;
        }

        CommitWrite(WriteHead(ReserveWrite(bound), status, view));
    }

    public void SendData(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        if (!_responseIsChunked)
        {
            Write(data);
            return;
        }

        Span<byte> size = stackalloc byte[ChunkedEncoder.PrefixRoom];
        Write(size[..ChunkedEncoder.WriteSize(size, data.Length)]);
        Write(data);
        Write(ChunkedEncoder.ChunkEnd);
    }

    public void SendEnd()
    {
        if (_responseIsChunked) Write(ChunkedEncoder.LastChunk);
        else if (_state == State.Tunnel) ShutdownAfterSending();
    }

    public void SendTrailers(ReadOnlySpan<byte> lines)
    {
        if (!_responseIsChunked || lines.IsEmpty || !_http.Model.EnableTrailers)
        {
            SendEnd();
            return;
        }

        Write("0\r\n"u8);
        Write(lines);
        Write("\r\n"u8);
    }

    public void StartTunnel()
    {
        _state = State.Tunnel;
        _closeAfterResponse = true;
        if (!_input.IsEmpty || IsReadable) Worker.Schedule(this);
    }

    public void ResumeRequest()
    {
        if (IsOpen && (IsReadable || !_input.IsEmpty)) Worker.Schedule(this);
    }

    public void Abort()
    {
        _exchange = null;
        Worker.FlushBatch();
        if (!IsOpen) return;
        if (HasUnsent || SendFailed) Close(reset: true);
        else Close(reset: !_responseIsChunked);
    }

    public void ExchangeDone()
    {
        _exchange = null;
        if (!IsOpen) return;
        if (_closeAfterResponse || _state != State.Waiting)
        {
            Linger();
            return;
        }

        _state = State.Head;
        ArmIdle();
        if (!_input.IsEmpty || IsReadable || PeerHungUp) Worker.Schedule(this);
    }

    public void OnTimer(Timer timer)
    {
        if (!IsOpen) return;
        if (timer.Kind == 1)
        {
            // Old enough: the next response is the last, and an idle connection goes at once.
            _stats.Add(HttpStat.DownstreamCxMaxDurationReached);
            _draining = true;
            if (IsIdle && !IsReadable) Close(reset: false);
            return;
        }

        switch (_state)
        {
            // The head was begun but not finished in time; an idle connection just closes.
            case State.Head when !_input.IsEmpty && !IsHandshaking:
                FailHead(408, "Request Timeout", "request_header_timeout", ResponseFlags.None);
                Worker.FlushBatch();
                break;
            case State.Head when Worker.IsDraining && !IsHandshaking && HasUnseenBytes():
                IsReadable = true;
                Worker.Schedule(this);
                break;
            default:
                if (IsHandshaking) ReportSlowHandshake();
                else if (_state == State.Head) _stats.Add(Worker.IsDraining ? HttpStat.DownstreamCxDrainClose : HttpStat.DownstreamCxIdleTimeout);
                Close(reset: false);
                break;
        }
    }

    /// <summary>Its listener is no longer what it was: the next response is the last. An idle connection stays, for its client may be asking just now.</summary>
    public void Retire() => _draining = true;

    public override void OnDrain()
    {
        _draining = true;
        if (IsIdle) ArmIdle();
    }

    public override void OnDrainTimeout()
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        // A body that its framing does not end must not look whole.
        Close(reset: exchange is not null && _state != State.Tunnel && !_responseIsChunked);
        exchange?.OnDrainTimeout();
    }

    public override void Recycle()
    {
        _chain = null!;
        _http = null!;
        _facts.Reset();
        Worker.HttpServers.Return(this);
    }

    internal override void OnScheduled()
    {
        if (!IsOpen) return;
        _yielded = false;
        _requestsThisRound = 0;
        if (!_input.IsEmpty && _state is not State.Waiting) ProcessInput();
        base.OnScheduled();
    }

    internal override void OnEvents(uint events)
    {
        _requestsThisRound = 0;
        base.OnEvents(events);
    }

    protected override void CountBytes(long received, long written)
    {
        _stats.Add(HttpStat.DownstreamCxRxBytesTotal, received);
        _stats.Add(HttpStat.DownstreamCxTxBytesTotal, written);
    }

    protected override void OnHandshakeDone()
    {
        _facts.LearnTls(Worker, Tls!);
        if (_http.Model.ClientCertDetails.HasFlag(ClientCertDetails.Chain)) _facts.ClientChainPem = Tls!.PeerChainPem();
        if (_http.Model.Codec != HttpCodecType.Http1 && Tls!.Alpn.SequenceEqual("h2"u8)) BecomeHttp2(default);
        else ArmIdle();
    }

    protected override void OnData(ReadOnlySpan<byte> data)
    {
        if (!_input.IsEmpty)
        {
            _input.Append(Worker.Buffers, data);
            ProcessInput();
            return;
        }

        int used = Process(data);
        if (IsOpen && used < data.Length) _input.Append(Worker.Buffers, data[used..]);
        AfterProcess();
    }

    protected override void OnEnd()
    {
        switch (_state)
        {
            case State.Tunnel:
                _exchange!.OnRequestEnd();
                break;
            case State.Body or State.Waiting:
                LoseClient();
                break;
            default:
                Close(reset: false);
                break;
        }
    }

    protected override void OnBroken()
    {
        if (IsHandshaking) ReportFailedHandshake();
        if (_exchange is not null) LoseClient();
        else Close(reset: false);
    }

    protected override void OnHangupWhilePaused()
    {
        if (_state == State.Waiting) LoseClient();
    }

    protected override void OnDrained()
    {
        if (_state == State.Lingering) Linger();
        else _exchange?.OnDownstreamDrained();
    }

    private int WriteHead(Span<byte> room, int status, HeadView view)
    {
        var writer = new HeadWriter(room);
        writer.StatusLine(status);
        writer.Fields(view);
        if (_responseIsChunked) writer.Raw("transfer-encoding: chunked\r\n"u8);
        // An upstream of HTTP/2 may end its stream with the head and say nothing of a length.
        else if (_lacksLength) writer.Raw("content-length: 0\r\n"u8);
        if (_opensTunnel) writer.Raw(status == 101 ? "connection: upgrade\r\n"u8 : default);
        else if (_closeAfterResponse) writer.Raw("connection: close\r\n"u8);
        else if (_clientIs10) writer.Raw("connection: keep-alive\r\n"u8);
        writer.End();
        _exchange!.ResponseHeadBytes = writer.Length;
        return writer.Length;
    }

    private void ProcessInput()
    {
        int used = Process(_input.Bytes);
        // A reply that closes the connection drops the input, whose bytes were just used.
        if (used > 0 && !_input.IsEmpty) _input.Consume(Worker.Buffers, used);
        AfterProcess();
    }

    private void AfterProcess()
    {
        if (!IsOpen || _state != State.Head || _input.IsEmpty || _yielded || IsHandshaking) return;
        // A head was begun: from its first byte it has this long.
        TimeSpan limit = _http.Model.RequestHeadersTimeout;
        if (limit > TimeSpan.Zero && !_headTimed)
        {
            _headTimed = true;
            Arm(limit);
        }
    }

    /// <summary>Uses as much of the bytes as the state allows; returns how many.</summary>
    private int Process(ReadOnlySpan<byte> data)
    {
        int at = 0;
        while (at < data.Length && IsOpen)
        {
            switch (_state)
            {
                case State.Head:
                    if (_requestsThisRound >= RequestsPerRound)
                    {
                        _yielded = true;
                        Worker.Schedule(this);
                        return at;
                    }

                    int head = ReadHead(data[at..]);
                    if (head == 0) return at;
                    at += head;
                    break;
                case State.Body:
                    if (!_exchange!.CanTakeRequestData) return at;
                    int body = _bodyIsChunked ? ReadChunks(data[at..]) : ReadLength(data[at..]);
                    if (body == 0) return at;
                    at += body;
                    break;
                case State.Tunnel:
                    _exchange!.OnRequestData(data[at..]);
                    return data.Length;
                case State.Waiting:
                    return at;
                default:
                    return data.Length;
            }
        }

        return at;
    }

    private int ReadHead(ReadOnlySpan<byte> data)
    {
        if (!_protocolKnown && !KnowProtocol(data, out int taken)) return taken;
        HttpExchange exchange = Worker.Exchanges.Rent();
        ParseResult result = Http1RequestParser.Parse(
            data, exchange.FieldStorage(_http.Limits.MaxFields), _http.Limits, ref _scanned, out RequestHead head, out int consumed);
        if (result.Status == ParseStatus.NeedMore)
        {
            Worker.Exchanges.Return(exchange);
            return 0;
        }

        _scanned = 0;
        _headTimed = false;
        TimerWheel.Disarm(_timer);
        _requests++;
        _requestsThisRound++;
        _responseIsChunked = false;
        if (result.Status == ParseStatus.Error)
        {
            Worker.Exchanges.Return(exchange);
            FailHead(WireErrors.Status(result.Error), WireErrors.Describe(result.Error), WireErrors.Details(result.Error), ResponseFlags.DownstreamProtocolError);
            return data.Length;
        }

        if (WantsHttp2(data, head, exchange.FieldStorage(_http.Limits.MaxFields), out Http2Settings settings))
        {
            BecomeHttp2(exchange, data, consumed, head, settings);
            return data.Length;
        }

        _exchange = exchange;
        _clientIs10 = head.Version == WireVersion.Http10;
        _closeAfterResponse = !head.Has(HeadFlags.KeepAlive) || head.Has(HeadFlags.Close);
        _bodyIsChunked = head.Framing == BodyFraming.Chunked;
        _bodyLeft = head.ContentLength;
        if (_bodyIsChunked) _chunked = default;
        bool ended = head.Framing == BodyFraming.None;
        _state = ended ? State.Waiting : State.Body;
        exchange.Begin(this, _facts, _chain, data[..consumed], head, ended);
        return consumed;
    }

    /// <summary>
    /// The first bytes say whether the client speaks HTTP/2 at once (RFC 9113 section 3.3). False when it does, and the connection is no longer
    /// ours, or when more bytes must tell.
    /// </summary>
    private bool KnowProtocol(ReadOnlySpan<byte> data, out int taken)
    {
        taken = 0;
        if (_http.Model.Codec != HttpCodecType.Http1 && (Http2Preface.IsPossible(data) || _http.Model.Codec == HttpCodecType.Http2))
        {
            if (data.Length < Http2Preface.Bytes.Length && Http2Preface.IsPossible(data)) return false;
            BecomeHttp2(data);
            taken = data.Length;
            return false;
        }

        _protocolKnown = true;
        _stats.Add(HttpStat.DownstreamCxHttp1Total);
        _stats.Add(HttpStat.DownstreamCxHttp1Active);
        return true;
    }

    private int ReadLength(ReadOnlySpan<byte> data)
    {
        int take = (int)Math.Min(_bodyLeft, data.Length);
        _bodyLeft -= take;
        HttpExchange exchange = _exchange!;
        exchange.OnRequestData(data[..take]);
        if (_bodyLeft == 0) EndBody(exchange);
        return take;
    }

    private int ReadChunks(ReadOnlySpan<byte> data)
    {
        HttpExchange exchange = _exchange!;
        ChunkedStep step = _chunked.Next(data, exchange.TrailerStorage(_http.Limits.MaxFields), _http.Limits);
        switch (step.Status)
        {
            case ChunkedStatus.Data:
                exchange.OnRequestData(data.Slice(step.DataOffset, step.DataLength));
                break;
            case ChunkedStatus.Complete:
                if (step.TrailerCount > 0 && _http.Model.EnableTrailers)
                    exchange.OnRequestTrailers(new HeadView(data[step.TrailersOffset..], exchange.TrailerStorage(_http.Limits.MaxFields)[..step.TrailerCount], 0, null));
                EndBody(exchange);
                break;
            case ChunkedStatus.Error:
                _closeAfterResponse = true;
                exchange.OnRequestBroken(step.Error);
                return data.Length;
            default:
                break;
        }

        return step.Consumed;
    }

    private void EndBody(HttpExchange exchange)
    {
        // The exchange may have been answered and finished while it took the last bytes.
        if (!ReferenceEquals(_exchange, exchange) || _state != State.Body) return;
        _state = State.Waiting;
        exchange.OnRequestEnd();
    }

    /// <summary>Answers a request whose head cannot be used, and closes.</summary>
    private void FailHead(int status, string body, string details, ResponseFlags flags)
    {
        if (status == 431) _stats.Add(HttpStat.DownstreamRqTooLarge);
        else if (status == 408) _stats.Add(HttpStat.DownstreamRqHeaderTimeout);
        HttpExchange exchange = Worker.Exchanges.Rent();
        _exchange = exchange;
        _closeAfterResponse = true;
        _clientIs10 = false;
        _state = State.Waiting;
        exchange.Begin(this, _facts, _chain);
        exchange.Reply(status, body, details, flags);
    }

    private void LoseClient()
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        Close(reset: false);
        exchange?.OnDownstreamLost();
    }

    private void Linger()
    {
        Worker.FlushBatch();
        if (!IsOpen) return;
        bool clean = _state == State.Waiting && _input.IsEmpty && !IsReadable;
        _state = State.Lingering;
        _input.Clear(Worker.Buffers);
        if (!HasUnsent && (clean || PeerHungUp))
        {
            Close(reset: false);
            return;
        }

        ShutdownAfterSending();
        Arm(_http.Model.DelayedCloseTimeout > TimeSpan.Zero ? _http.Model.DelayedCloseTimeout : TimeSpan.FromSeconds(1));
        if (IsReadable) Worker.Schedule(this);
    }

    private void Close(bool reset)
    {
        if (!IsOpen) return;
        TimerWheel.Disarm(_timer);
        TimerWheel.Disarm(_durationTimer);
        _stats.Add(HttpStat.DownstreamCxActive, -1);
        if (_protocolKnown) _stats.Add(HttpStat.DownstreamCxHttp1Active, -1);
        if (_chain.Tls is not null) _stats.Add(HttpStat.DownstreamCxSslActive, -1);
        _stats.Add(HttpStat.DownstreamCxDestroy);
        _headTimed = false;
        _input.Clear(Worker.Buffers);
        _facts.Leave(Worker);
        CloseTransport(reset);
    }

    /// <summary>Nothing was asked yet, or the last answer is out.</summary>
    private bool IsIdle => _state == State.Head && _input.IsEmpty && !IsHandshaking;

    /// <summary>Whether the client is to come back on another connection, and why, counted.</summary>
    private bool IsLastResponse()
    {
        if (_draining || Worker.EndsKeepalive)
        {
            _stats.Add(HttpStat.DownstreamCxDrainClose);
            return true;
        }

        if (_http.Model.MaxRequestsPerConnection > 0 && _requests >= _http.Model.MaxRequestsPerConnection)
        {
            _stats.Add(HttpStat.DownstreamCxMaxRequestsReached);
            return true;
        }

        if (!Worker.Overload.Strikes(OverloadAction.DisableHttpKeepalive, Worker.Random)) return false;
        _stats.Add(HttpStat.DownstreamCxOverloadDisableKeepalive);
        return true;
    }

    private void ArmIdle()
    {
        TimeSpan idle = _http.Model.IdleTimeout;
        if (Worker.IsDraining && (idle <= TimeSpan.Zero || idle > Worker.DrainIdleTimeout)) idle = Worker.DrainIdleTimeout;
        if (idle > TimeSpan.Zero) Arm(idle);
        else TimerWheel.Disarm(_timer);
    }

    private void Arm(TimeSpan delay) => Worker.Timers.Arm(_timer, Worker.Clock.NowMs, (long)delay.TotalMilliseconds);
}
