// Length: the one state machine of the upstream side of HTTP/1.1; its states and transitions are read together.
using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Proxy.Transport;
using Weft.Wire.Http;
using Weft.Wire.Http1;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Http;

/// <summary>
/// The upstream's side of HTTP/1.1, one exchange at a time. Anything that happens on an idle connection closes it: an upstream has nothing to
/// say before it is asked.
/// <code>
/// Idle → Head → Body → Idle      Head → Tunnel after a 101, or a 2xx to CONNECT
/// </code>
/// </summary>
internal sealed class Http1ClientConnection : SocketConnection, IUpstreamStream, ITimerOwner
{
    private const int MaxFields = 100;
    private const int MaxInterimHeads = 16;
    private readonly Timer _timer;
    private readonly Timer _durationTimer;
    private readonly HeaderField[] _fields = new HeaderField[MaxFields + 1];
    private Http1Pool _pool = null!;
    private WorkerEndpoint _endpoint = null!;
    private HttpExchange? _exchange;
    private ByteQueue _input;
    private ChunkedDecoder _chunked;
    private NetworkAddress _local;
    private long _bodyLeft;
    private int _scanned;
    private int _interims;
    private int _requests;
    private State _state;
    private BodyFraming _framing;
    private bool _requestIsChunked;
    private bool _keep;
    private bool _requestEnded;
    private bool _anyResponseByte;
    private bool _hasSurplus;
    private bool _isWorn;
    private bool _endedByPeer;

    public Http1ClientConnection(Worker worker)
        : base(worker)
    {
        _timer = new Timer(this, 0);
        _durationTimer = new Timer(this, 1);
    }

    private enum State : byte
    {
        Idle,
        Head,
        Body,
        Tunnel,
    }

    public WorkerEndpoint Endpoint => _endpoint;

    public bool IsBlocked => HasUnsent;

    public bool IsReused => _requests > 1;

    public NetworkAddress LocalAddress => _local.IsNone && IsOpen ? _local = OwnAddress : _local;

    /// <summary>What the upstream's certificate says, if TLS is used and it showed one.</summary>
    public TlsPeer? Peer => Tls?.Peer;

    internal Http1ClientConnection? NextIdle { get; set; }

    internal Http1ClientConnection? PreviousIdle { get; set; }

    protected override bool WantsRead => _exchange is null || !_exchange.IsDownstreamBlocked;

    /// <summary>Starts on a socket that was just handed over.</summary>
    public void Start(Http1Pool pool)
    {
        _pool = pool;
        _endpoint = pool.Endpoint;
        _state = State.Idle;
        _exchange = null;
        _local = default;
        _scanned = _requests = 0;
        _isWorn = _endedByPeer = false;
        TimeSpan longest = _endpoint.Cluster.Model.MaxConnectionDuration;
        if (longest > TimeSpan.Zero) Worker.Timers.Arm(_durationTimer, Worker.Clock.NowMs, Math.Max((long)longest.TotalMilliseconds, 1));
    }

    /// <summary>Gives the connection to an exchange.</summary>
    public void Begin(HttpExchange exchange)
    {
        TimerWheel.Disarm(_timer);
        _exchange = exchange;
        _state = State.Head;
        _scanned = _interims = 0;
        _requests++;
        _keep = true;
        _requestEnded = _anyResponseByte = false;
    }

    /// <summary>The connection waits in its endpoint's pool.</summary>
    public void StartIdle()
    {
        _state = State.Idle;
        TimeSpan idle = _endpoint.Cluster.Model.IdleTimeout;
        if (idle > TimeSpan.Zero) Arm(idle);
        // Bytes or an end may have come behind the last response.
        if (PeerHungUp || IsReadable) Worker.Schedule(this);
    }

    /// <summary>Closes a connection that is in no pool and serves nobody.</summary>
    public void CloseIdle() => Close(reset: false);

    public void SendHead(HttpExchange exchange, bool end)
    {
        HeadView view = exchange.RequestView;
        _requestIsChunked = exchange.Head.Framing == BodyFraming.Chunked && !exchange.IsUpgrade;
        _requestEnded = end;
        int bound = view.Buffer.Length + (view.Edits?.AddedBytes ?? 0) + exchange.UpstreamTarget.Length + 128;
        if (bound > Worker.ScratchBytes)
        {
            byte[] large = Worker.Buffers.Rent(bound);
            Write(large.AsSpan(0, WriteHead(large, exchange, view)));
            Worker.Buffers.Return(large);
            return;
        }

        CommitWrite(WriteHead(ReserveWrite(bound), exchange, view));
    }

    public void SendData(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        if (!_requestIsChunked || _state == State.Tunnel)
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
        _requestEnded = true;
        if (_state == State.Tunnel) ShutdownAfterSending();
        else if (_requestIsChunked) Write(ChunkedEncoder.LastChunk);
    }

    public void SendTrailers(ReadOnlySpan<byte> lines)
    {
        if (!_requestIsChunked || lines.IsEmpty || !_exchange!.PassesHttp1Trailers)
        {
            SendEnd();
            return;
        }

        _requestEnded = true;
        Write("0\r\n"u8);
        Write(lines);
        Write("\r\n"u8);
    }

    public void ResumeResponse()
    {
        if (IsOpen && (IsReadable || !_input.IsEmpty)) Worker.Schedule(this);
    }

    public void Release()
    {
        _exchange = null;
        _endpoint.EndRequest();
        int most = _endpoint.Cluster.Model.MaxRequestsPerConnection;
        // A request that was not sent whole leaves the upstream waiting for its rest; bytes behind the response answer nothing.
        bool isSpent = most > 0 && _requests >= most;
        if (isSpent) _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxMaxRequests);
        if (!_keep || !_requestEnded || HasUnsent || _hasSurplus || PeerHungUp || SendFailed || isSpent || _isWorn || !IsOpen)
        {
            _endedByPeer = PeerHungUp;
            Close(reset: false);
            return;
        }

        _pool.OnFree(this);
    }

    public void Abort()
    {
        bool wasBusy = _exchange is not null;
        if (wasBusy) _endpoint.EndRequest();
        _exchange = null;
        Close(reset: !_requestEnded, wasBusy);
    }

    public void OnTimer(Timer timer)
    {
        if (!IsOpen) return;
        if (timer.Kind == 1)
        {
            // Old enough: what is under way finishes on it, and is the last.
            _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxMaxDurationReached);
            _isWorn = true;
            if (_state != State.Idle) return;
        }
        else if (_state != State.Idle)
        {
            return;
        }
        else
        {
            _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxIdleTimeout);
        }

        _pool.Unlink(this);
        Close(reset: false);
    }

    public override void OnDrain()
    {
        if (_state != State.Idle) return;
        _pool.Unlink(this);
        Close(reset: false);
    }

    public override void Recycle()
    {
        _pool = null!;
        _endpoint = null!;
        Worker.HttpClients.Return(this);
    }

    internal override void OnScheduled()
    {
        if (!IsOpen) return;
        if (!_input.IsEmpty && _exchange is { IsDownstreamBlocked: false }) ProcessInput();
        base.OnScheduled();
    }

    protected override void OnHandshakeDone()
    {
        // It was done before the connection was handed over.
    }

    protected override void OnData(ReadOnlySpan<byte> data)
    {
        if (_state == State.Idle)
        {
            _pool.Unlink(this);
            Close(reset: false);
            return;
        }

        _anyResponseByte = true;
        if (!_input.IsEmpty)
        {
            _input.Append(Worker.Buffers, data);
            ProcessInput();
            return;
        }

        int used = Process(data);
        if (IsOpen && used < data.Length) Keep(data[used..]);
    }

    protected override void OnEnd()
    {
        _endedByPeer = true;
        switch (_state)
        {
            case State.Idle:
                _pool.Unlink(this);
                Close(reset: false);
                break;
            case State.Body when _framing == BodyFraming.UntilClose:
                _keep = false;
                _exchange!.OnResponseEnd();
                break;
            case State.Tunnel:
                _exchange!.OnResponseEnd();
                break;
            default:
                FailExchange(UpstreamFailure.Termination);
                break;
        }
    }

    protected override void OnBroken()
    {
        _endedByPeer = true;
        if (_state != State.Idle)
        {
            FailExchange(UpstreamFailure.Termination);
            return;
        }

        _pool.Unlink(this);
        Close(reset: false);
    }

    protected override void CountBytes(long received, long written)
    {
        _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxRxBytesTotal, received);
        _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxTxBytesTotal, written);
    }

    protected override void OnHangupWhilePaused()
    {
        // What the upstream sent before it hung up is still in the socket; it is read when the client takes more.
    }

    protected override void OnDrained() => _exchange?.OnUpstreamDrained();

    private static int WriteHead(Span<byte> room, HttpExchange exchange, HeadView view)
    {
        var writer = new HeadWriter(room);
        bool isUpgrade = exchange.IsUpgrade && !exchange.IsConnect, isExtendedConnect = isUpgrade && exchange.Head.Version == WireVersion.Http2;
        writer.RequestLine(isExtendedConnect ? "GET"u8 : exchange.Head.MethodName.Of(view.Buffer), exchange.UpstreamTarget);
        writer.Fields(view);
        if (isExtendedConnect)
        {
            // RFC 8441 has no key; the handshake of HTTP/1.1 cannot do without (RFC 6455 section 4.1).
            writer.Raw("sec-websocket-key: "u8);
            Span<byte> key = stackalloc byte[24];
            exchange.WriteWebSocketKey(key);
            writer.Raw(key);
            writer.Raw("\r\n"u8);
        }
        else if (exchange.Head.Version == WireVersion.Http2 && exchange.Head.Framing == BodyFraming.Chunked && !exchange.IsConnect)
        {
            writer.Raw("transfer-encoding: chunked\r\n"u8);
        }

        if (isUpgrade)
        {
            writer.Raw("connection: upgrade\r\nupgrade: "u8);
            writer.Raw(exchange.Head.UpgradeToken.Of(view.Buffer));
            writer.Raw("\r\n"u8);
        }

        writer.End();
        return writer.Length;
    }

    private void FailExchange(UpstreamFailure failure)
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        if (exchange is not null) _endpoint.EndRequest();
        bool untouched = !_anyResponseByte;
        if (failure == UpstreamFailure.Protocol) _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxProtocolError);
        // In TLS 1.3 an endpoint refuses our certificate after the handshake: its alert is the reason.
        string detail = Tls is { Failure: not TlsFailure.None } tls ? tls.FailureText : "";
        Close(reset: failure == UpstreamFailure.Protocol, wasBusy: exchange is not null);
        exchange?.OnUpstreamFailure(failure, 0, detail, untouched);
    }

    private void Close(bool reset, bool wasBusy = false)
    {
        if (!IsOpen) return;
        Http1Pool pool = _pool;
        TimerWheel.Disarm(_timer);
        TimerWheel.Disarm(_durationTimer);
        _input.Clear(Worker.Buffers);
        CloseTransport(reset);
        pool.OnClosed(_endedByPeer, wasBusy);
    }

    private void ProcessInput()
    {
        int used = Process(_input.Bytes);
        if (used > 0 && !_input.IsEmpty) _input.Consume(Worker.Buffers, used);
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (_state == State.Idle)
        {
            // A second response that nobody asked for.
            _pool.Unlink(this);
            Close(reset: false);
            return;
        }

        _input.Append(Worker.Buffers, rest);
    }

    private int Process(ReadOnlySpan<byte> data)
    {
        int at = 0;
        while (at < data.Length && IsOpen && _exchange is { } exchange)
        {
            int used;
            switch (_state)
            {
                case State.Head:
                    used = ReadHead(exchange, data[at..]);
                    break;
                case State.Body:
                    if (exchange.IsDownstreamBlocked) return at;
                    used = ReadBody(exchange, data[at..]);
                    break;
                case State.Tunnel:
                    exchange.OnResponseData(data[at..]);
                    return data.Length;
                default:
                    return at;
            }

            if (used == 0) return at;
            at += used;
        }

        return at;
    }

    private int ReadHead(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        var limits = new Http1Limits(UnderscorePolicy.Allow) { MaxHeadBytes = _endpoint.Cluster.Model.MaxResponseHeadersBytes, MaxFields = MaxFields };
        ParseResult result = Http1ResponseParser.Parse(data, exchange.Head.Method, _fields, limits, ref _scanned, out ResponseHead head, out int consumed);
        if (result.Status == ParseStatus.NeedMore) return 0;
        _scanned = 0;
        if (result.Status == ParseStatus.Error || (head.Status == 101 && (!exchange.IsUpgrade || exchange.IsConnect)) || (head.IsInterim && ++_interims > MaxInterimHeads))
        {
            FailExchange(UpstreamFailure.Protocol);
            return data.Length;
        }

        ReadOnlySpan<HeaderField> fields = _fields.AsSpan(0, head.FieldCount);
        if (head.IsInterim)
        {
            exchange.OnInterim(data[..consumed], head, fields);
            return consumed;
        }

        _keep = head.Has(HeadFlags.KeepAlive) && !head.Has(HeadFlags.Close) && !exchange.IsUpgrade;
        _framing = head.Framing;
        _bodyLeft = head.ContentLength;
        if (head.Status == 101 || (exchange.IsConnect && head.Status < 300))
        {
            _state = State.Tunnel;
            exchange.OnResponseHead(data[..consumed], head, fields, ended: false);
            return consumed;
        }

        if (_framing == BodyFraming.Chunked) _chunked = default;
        bool ended = _framing == BodyFraming.None || (_framing == BodyFraming.ContentLength && _bodyLeft == 0);
        _state = State.Body;
        _hasSurplus = ended && consumed < data.Length;
        exchange.OnResponseHead(data[..consumed], head, fields, ended);
        return consumed;
    }

    private int ReadBody(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        switch (_framing)
        {
            case BodyFraming.ContentLength:
                int take = (int)Math.Min(_bodyLeft, data.Length);
                _bodyLeft -= take;
                _hasSurplus = take < data.Length;
                exchange.OnResponseData(data[..take]);
                if (_bodyLeft == 0 && ReferenceEquals(_exchange, exchange)) exchange.OnResponseEnd();
                return take;
            case BodyFraming.Chunked:
                ChunkedStep step = _chunked.Next(data, _fields, Http1Limits.Mesh);
                _hasSurplus = step.Consumed < data.Length;
                if (step.Status == ChunkedStatus.Data) exchange.OnResponseData(data.Slice(step.DataOffset, step.DataLength));
                else if (step.Status == ChunkedStatus.Complete) EndChunks(exchange, data, step);
                else if (step.Status == ChunkedStatus.Error) FailExchange(UpstreamFailure.Protocol);
                return step.Status == ChunkedStatus.Error ? data.Length : step.Consumed;
            default:
                exchange.OnResponseData(data);
                return data.Length;
        }
    }

    private void EndChunks(HttpExchange exchange, ReadOnlySpan<byte> data, in ChunkedStep step)
    {
        if (step.TrailerCount > 0) exchange.OnResponseTrailers(new HeadView(data[step.TrailersOffset..], _fields.AsSpan(0, step.TrailerCount), 0, null));
        else exchange.OnResponseEnd();
    }

    private void Arm(TimeSpan delay) => Worker.Timers.Arm(_timer, Worker.Clock.NowMs, Math.Max((long)delay.TotalMilliseconds, 1));
}
