using System.Text;
using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Http2;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Wire.Grpc;
using Weft.Wire.Http;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Http;

/// <summary>
/// One request and its response, whatever protocol either side speaks. Between the two codecs it holds what both need: the head as
/// received with its edits, the body while the upstream is not ready or may be retried, the attempts, the timers, and the facts for the
/// one record at the end. Pooled by its worker. The steps of a request, which ARCHITECTURE.md numbers alike:
/// <code>
/// 1 head received      Begin                        4 endpoint and connection   StartAttempt, OnUpstreamReady
/// 2 head sanitised     HttpExchange.Sanitise        5 response                  OnResponseHead … OnResponseEnd
/// 3 route and filters  HttpExchange.Route           6 record                    Finish
/// </code>
/// </summary>
internal sealed partial class HttpExchange : ITimerOwner, IRecyclable
{
    private readonly Worker _worker;
    private readonly Timer _routeTimer;
    private readonly Timer _tryTimer;
    private readonly Timer _idleTimer;
    private readonly Timer _backoffTimer;
    private readonly Timer _durationTimer;
    private readonly Timer _requestTimer;
    private readonly Timer _tryIdleTimer;
    private readonly HeaderEdits _requestEdits = new();
    private readonly HeaderEdits _responseEdits = new();
    private HeaderField[] _fields = new HeaderField[128];
    private HeaderField[] _trailers = [];
    private byte[]? _head;
    private int _headLength;
    private RequestHead _request;
    private IDownstreamStream? _downstream;
    private ConnectionFacts _facts = null!;
    private HttpRuntime _http = null!;
    private EngineSnapshot _snapshot = EngineSnapshot.Empty;
    private Progress _progress;
    private long _startNs;
    private long _startWallNs;
    private long _requestEndNs;
    private long _responseStartNs;
    private long _requestBytes;
    private long _responseBytes;
    private ResponseFlags _flags;
    private byte[] _details = [];
    private int _status;
    private int _grpcStatus;
    private bool _isGrpc;
    private TimeSpan _idleTimeout;
    private ByteQueue _requestTrailers;
    private KeptFields _keptHeaders;
    private KeptFields _keptTrailers;
    private GrpcMessageBounds _requestBounds;
    private GrpcMessageBounds _responseBounds;
    private long _requestMessages;
    private long _responseMessages;

    public HttpExchange(Worker worker)
    {
        _worker = worker;
        _routeTimer = new Timer(this, 0);
        _tryTimer = new Timer(this, 1);
        _idleTimer = new Timer(this, 2);
        _backoffTimer = new Timer(this, 3);
        _durationTimer = new Timer(this, 4);
        _requestTimer = new Timer(this, 5);
        _tryIdleTimer = new Timer(this, 6);
    }

    /// <summary>How far the exchange has come; several at once.</summary>
    [Flags]
    private enum Progress : ushort
    {
        None = 0,
        RequestEnded = 1,
        ResponseStarted = 2,
        ResponseEnded = 4,
        Finished = 8,
        Waiting = 16,
        Upgrade = 32,
        Tunnel = 64,
        HoldsRequestSlot = 128,
        HoldsRetrySlot = 256,
        Delayed = 512,
        HoldsFault = 1024,
        Mirror = 2048,
        Connect = 4096,
        Unrecorded = 8192,
        Counted = 16384,
        CountedUpgrade = 32768,
    }

    public ref readonly RequestHead Head => ref _request;

    /// <summary>The request's header fields as they stand now.</summary>
    public HeadView RequestView => new(_head.AsSpan(0, _headLength), _fields.AsSpan(0, _request.FieldCount), _request.FieldsEnd, _requestEdits);

    /// <summary>True when the request asks for an upgrade that is allowed here.</summary>
    public bool IsUpgrade => Is(Progress.Upgrade);

    /// <summary>True while the client's side has bytes that were not sent: the upstream must not be read.</summary>
    public bool IsDownstreamBlocked => _downstream is { IsBlocked: true };

    /// <summary>False: the upstream's side, or the room for bodies that wait, is full; the client must not be read.</summary>
    public bool CanTakeRequestData => Is(Progress.Upgrade)
        ? Is(Progress.Tunnel) && !_upstream!.IsBlocked
        : _upstream is { } upstream ? !upstream.IsBlocked : _body.Count < BufferLimit;

    /// <summary>Writes 24 characters: 16 random bytes in base 64.</summary>
    public void WriteWebSocketKey(Span<byte> key)
    {
        Span<byte> random = stackalloc byte[16];
        _worker.Random.NextBytes(random);
        System.Buffers.Text.Base64.EncodeToUtf8(random, key, out _, out _);
    }

    /// <summary>True when trailers go to an upstream of HTTP/1.1.</summary>
    public bool PassesHttp1Trailers => _http.Model.EnableTrailers || _cluster is { Model.EnableTrailers: true };

    /// <summary>Bytes of the head that went to the client; written by the codec.</summary>
    public int ResponseHeadBytes { get; set; }

    /// <summary>Next in the queue of an endpoint.</summary>
    internal HttpExchange? NextWaiting { get; set; }

    /// <summary>The pool in whose queue it is; null when it is in none.</summary>
    internal UpstreamPool? WaitingIn { get; set; }

    /// <summary>The client's connection that PROXY headers speak of; null for mirrors, which may outlive it.</summary>
    internal ConnectionFacts? ProxyClient => Is(Progress.Mirror) ? null : _facts;

    private int BufferLimit => _http.Listener.PerConnectionBufferLimitBytes;

    private Span<HeaderField> Fields => _fields.AsSpan(0, _request.FieldCount);

    private ReadOnlySpan<byte> HeadBytes => _head.AsSpan(0, _headLength);

    /// <summary>Where a codec parses fields into, before <see cref="Begin(IDownstreamStream, ConnectionFacts, FilterChainRuntime, ReadOnlySpan{byte}, in RequestHead, bool)"/>.</summary>
    public Span<HeaderField> FieldStorage(int count)
    {
        if (_fields.Length < count + 1) _fields = new HeaderField[count + 1];
        return _fields.AsSpan(0, count + 1);
    }

    /// <summary>Where a codec parses trailers into.</summary>
    public Span<HeaderField> TrailerStorage(int count)
    {
        if (_trailers.Length < count + 1) _trailers = new HeaderField[count + 1];
        return _trailers.AsSpan(0, count + 1);
    }

    // Step 1: the head is complete.

    /// <summary>Takes over a parsed head, whose bytes are copied; with <paramref name="ended"/> no body follows.</summary>
    public void Begin(IDownstreamStream downstream, ConnectionFacts facts, FilterChainRuntime chain, ReadOnlySpan<byte> bytes, in RequestHead head, bool ended)
    {
        Start(downstream, facts, chain.Http!);
        CountIn(downstream is Http2ServerStream);
        _head = _worker.Buffers.Rent(bytes.Length);
        bytes.CopyTo(_head);
        _headLength = bytes.Length;
        _request = head;
        if (ended) EndRequest();
        if (_worker.Overload.Strikes(OverloadAction.StopAcceptingRequests, _worker.Random))
        {
            RefuseOverloaded();
            return;
        }

        _idleTimeout = _http.Model.StreamIdleTimeout;
        if (_idleTimeout > TimeSpan.Zero) Arm(_idleTimer, _idleTimeout);
        if (_http.Model.MaxStreamDuration > TimeSpan.Zero) Arm(_durationTimer, _http.Model.MaxStreamDuration);
        if (!ended && _http.Model.RequestTimeout > TimeSpan.Zero) Arm(_requestTimer, _http.Model.RequestTimeout);
        if (!Sanitise()) return;
        // A call of gRPC may stream for as long as something moves: that is what the idle time is for.
        if (_isGrpc) TimerWheel.Disarm(_requestTimer);
        Route();
    }

    /// <summary>Begins an exchange whose head could not be read; <see cref="Reply(int, ReadOnlySpan{byte}, byte[], ResponseFlags, int)"/> must follow.</summary>
    public void Begin(IDownstreamStream downstream, ConnectionFacts facts, FilterChainRuntime chain)
    {
        Start(downstream, facts, chain.Http!);
        CountIn(downstream is Http2ServerStream);
        _headLength = 0;
        _request = default;
        EndRequest();
    }

    /// <summary>Records a request whose head breaks the rules so that it gets no answer but the reset of its stream.</summary>
    public void RefuseUnanswered(ConnectionFacts facts, FilterChainRuntime chain, string details)
    {
        Start(null, facts, chain.Http!);
        CountIn(isHttp2: true);
        _headLength = 0;
        _request = default;
        EndRequest();
        _flags = ResponseFlags.DownstreamProtocolError;
        _details = Encoding.ASCII.GetBytes(details);
        Finish();
    }

    // The request's body, from the client's codec.

    /// <summary>Body bytes came from the client.</summary>
    public void OnRequestData(ReadOnlySpan<byte> data)
    {
        if (Is(Progress.Finished)) return;
        _requestBytes += data.Length;
        TouchIdle();
        if (Is(Progress.Tunnel))
        {
            TouchTryIdle();
            _upstream?.SendData(data);
            return;
        }

        if (_webRequest == GrpcWebEncoding.Text) TakeWebText(data);
        else PassBody(data);
    }

    /// <summary>The request is complete; in a tunnel, the client ended its side.</summary>
    public void OnRequestEnd()
    {
        if (Is(Progress.Finished)) return;
        EndRequest();
        if (Is(Progress.Tunnel))
        {
            _upstream?.SendEnd();
            FinishTunnel();
            return;
        }

        // What was sent ahead of a tunnel waits for it, and its end behind it.
        if (IsConnect) return;

        if (_webRequest == GrpcWebEncoding.Text && !_webDecoder.IsComplete)
        {
            RefuseWebText();
            return;
        }

        if (_mirrors is not null) EndMirrors();
        StartRouteTimer();
        if (_upstream is { } upstream) EndUpstreamRequest(upstream);
        StartTryTimer();
    }

    /// <summary>Trailers came behind the request's body; <see cref="OnRequestEnd"/> follows.</summary>
    public void OnRequestTrailers(HeadView trailers)
    {
        if (Is(Progress.Finished | Progress.Tunnel)) return;
        Span<byte> room = _requestTrailers.Reserve(_worker.Buffers, trailers.Buffer.Length + (4 * trailers.Fields.Length));
        _requestTrailers.Commit(TrailerLines.Write(trailers, room));
    }

    /// <summary>The client broke the framing of its body: nothing complete may reach the upstream.</summary>
    public void OnRequestBroken(WireError error)
    {
        if (Is(Progress.Finished)) return;
        DropUpstream();
        if (Is(Progress.ResponseStarted))
        {
            _flags |= ResponseFlags.DownstreamProtocolError;
            _details = ReplyDetails.Of(error);
            AbortDownstream();
            return;
        }

        Reply(WireErrors.Status(error), ReplyDetails.Sentence(error), ReplyDetails.Of(error), ResponseFlags.DownstreamProtocolError);
    }

    /// <summary>The client is gone, or its stream is, for which it may itself be to blame.</summary>
    public void OnDownstreamLost(bool brokeRules = false)
    {
        if (Is(Progress.Finished)) return;
        _downstream = null;
        if (!Is(Progress.Tunnel | Progress.ResponseEnded))
        {
            _flags |= brokeRules ? ResponseFlags.DownstreamProtocolError : ResponseFlags.DownstreamConnectionTermination;
            _details = brokeRules ? ReplyDetails.BrokenRule : ReplyDetails.DownstreamDisconnect;
            if (!Is(Progress.ResponseStarted)) _status = 0;
        }

        Finish();
    }

    /// <summary>The process ends and waits no longer: the client's connection or stream is closed by this side.</summary>
    public void OnDrainTimeout()
    {
        if (Is(Progress.Finished)) return;
        _downstream = null;
        if (!Is(Progress.ResponseEnded))
        {
            _flags |= ResponseFlags.DownstreamConnectionTermination;
            _details = ReplyDetails.DrainTimeout;
            if (!Is(Progress.ResponseStarted)) _status = 0;
        }

        Finish();
    }

    /// <summary>The client takes bytes again.</summary>
    public void OnDownstreamDrained()
    {
        TouchIdle();
        _upstream?.ResumeResponse();
    }

    public void OnTimer(Timer timer)
    {
        if (Is(Progress.Finished)) return;
        switch (timer.Kind)
        {
            case 0:
                OnRouteTimeout();
                break;
            case 1:
                OnTryTimeout();
                break;
            case 2:
                OnIdleTimeout();
                break;
            case 4:
                OnDurationTimeout();
                break;
            case 5:
                Count(HttpStat.DownstreamRqTimeout);
                DropUpstream();
                Reply(408, "request timeout"u8, ReplyDetails.RequestTimeout, ResponseFlags.None);
                break;
            case 6:
                OnTryIdleTimeout();
                break;
            default:
                if (Is(Progress.Delayed)) OnDelayOver();
                else StartAttempt();
                break;
        }

        _worker.FlushBatch();
    }

    /// <summary>Puts the exchange into its pool, empty.</summary>
    public void Recycle()
    {
        if (_head is not null) _worker.Buffers.Return(_head);
        _head = null;
        _body.Clear(_worker.Buffers);
        _requestTrailers.Clear(_worker.Buffers);
        _keptHeaders.Clear(_worker.Buffers);
        _keptTrailers.Clear(_worker.Buffers);
        _requestEdits.Reset();
        _responseEdits.Reset();
        _snapshot = EngineSnapshot.Empty;
        _facts = null!;
        _http = null!;
        _downstream = null;
        ResetAttempts();
        _worker.Exchanges.Return(this);
    }

    private void Start(IDownstreamStream? downstream, ConnectionFacts facts, HttpRuntime http)
    {
        _downstream = downstream;
        _facts = facts;
        _client = facts.Peer;
        _http = http;
        _snapshot = _worker.Snapshot;
        _progress = Progress.None;
        _startNs = _worker.Clock.NowNs;
        _startWallNs = _worker.Clock.WallNs;
        _requestEndNs = _responseStartNs = 0;
        _requestBytes = _responseBytes = 0;
        _requestMessages = _responseMessages = 0;
        _requestBounds = _responseBounds = default;
        _flags = ResponseFlags.None;
        _details = [];
        _status = 0;
        _grpcStatus = -1;
        _isGrpc = false;
        EndsConnect = false;
        ResetGrpcWeb();
        _pathLength = 0;
        ResponseHeadBytes = 0;
    }

    private bool Is(Progress any) => (_progress & any) != 0;

    private void EndRequest()
    {
        TimerWheel.Disarm(_requestTimer);
        _progress |= Progress.RequestEnded;
        _requestEndNs = _worker.Clock.NowNs;
    }

    private void TouchIdle()
    {
        if (_idleTimer.IsArmed) Arm(_idleTimer, _idleTimeout);
    }

    private void Arm(Timer timer, TimeSpan delay) => _worker.Timers.Arm(timer, _worker.Clock.NowMs, Math.Max((long)delay.TotalMilliseconds, 1));

    /// <summary>The client must see that its response is not whole.</summary>
    private void AbortDownstream()
    {
        IDownstreamStream? downstream = _downstream;
        _downstream = null;
        downstream?.Abort();
        Finish();
    }

    // Step 6: the exchange is over.

    private void Finish()
    {
        if (Is(Progress.Finished)) return;
        _progress |= Progress.Finished;
        TimerWheel.Disarm(_routeTimer);
        TimerWheel.Disarm(_tryTimer);
        TimerWheel.Disarm(_idleTimer);
        TimerWheel.Disarm(_backoffTimer);
        TimerWheel.Disarm(_durationTimer);
        TimerWheel.Disarm(_requestTimer);
        ReturnFault();
        if (Is(Progress.Counted)) CountOut();
        if (!Is(Progress.Mirror | Progress.Unrecorded)) Report();
        DropUpstream();
        DropMirrors();
        LeaveOriginal();
        IDownstreamStream? downstream = _downstream;
        _downstream = null;
        downstream?.ExchangeDone();
        _worker.RecycleLater(this);
    }

    private void Report()
    {
        long now = _worker.Clock.NowNs;
        var record = new ExchangeRecord
        {
            RequestBytes = HeadBytes,
            Request = _request,
            RequestFields = Fields,
            RequestEdits = _requestEdits,
            ResponseBytes = _keptHeaders.Bytes,
            ResponseFields = _keptHeaders.Fields,
            TrailerBytes = _keptTrailers.Bytes,
            TrailerFields = _keptTrailers.Fields,
            RequestMessages = _requestMessages,
            ResponseMessages = _responseMessages,
            RequestId = View(KnownHeader.XRequestId),
            ForwardedFor = View(KnownHeader.XForwardedFor),
            Status = _status,
            Flags = _flags,
            Details = _details,
            UpstreamFailure = _transportFailure,
            IsGrpc = _isGrpc,
            GrpcStatus = _grpcStatus,
            RequestBodyBytes = _requestBytes,
            ResponseBodyBytes = _responseBytes,
            StartUnixMicroseconds = _startWallNs / 1000,
            DurationMicroseconds = (now - _startNs) / 1000,
            RequestMicroseconds = _requestEndNs == 0 ? -1 : (_requestEndNs - _startNs) / 1000,
            ResponseMicroseconds = _responseStartNs == 0 ? -1 : (_responseStartNs - _startNs) / 1000,
            UpstreamServiceMilliseconds = _serviceTimeMs,
            Attempts = _attempts,
            DownstreamLocal = _facts.Local,
            DownstreamRemote = _client,
            DownstreamDirectRemote = _facts.Peer,
            DownstreamMutualTls = _facts.Certificate is not null,
            DownstreamPeer = _facts.PeerHandle,
            RequestedServerName = _facts.ServerName.Length > 0 ? _facts.ServerName : null,
            DownstreamTls = _facts.Tls,
            Cluster = _cluster?.Telemetry,
            UpstreamPeer = _endpoint?.PeerHandle ?? default,
            UpstreamRemote = _endpoint?.Address ?? default,
            UpstreamLocal = _upstreamLocal,
            RouteName = _route?.Name ?? "",
        };
        // What a tunnel carries to a listener of our own counts in the standard metrics there.
        _http.TelemetryOf(_worker).Record(in record, isServedElsewhere: EndsConnect && _endpoint is { Model.InternalListener.Length: > 0 });
        _worker.Observer?.OnExchange(in record);
    }

    private ReadOnlySpan<byte> View(KnownHeader header) => RequestView.TryGet(header, out ReadOnlySpan<byte> value) ? value : default;
}
