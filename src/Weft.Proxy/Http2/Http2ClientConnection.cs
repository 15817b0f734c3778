using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Wire.Http2;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Http2;

/// <summary>
/// The upstream's side of HTTP/2: one attempt a stream. It is used at once, before the endpoint's SETTINGS have come, but for what needs a setting.
/// <code>
/// Open → Retired → closed     GOAWAY either way, the bound on requests or on its life, configuration; the last stream ended
///   └──────────→ closed       the endpoint ended it, a connection error, a PING without answer
/// </code>
/// </summary>
internal sealed partial class Http2ClientConnection : Http2Connection, ITimerOwner
{
    private readonly Timer _idleTimer;
    private readonly Timer _pingTimer;
    private readonly Timer _durationTimer;
    private Http2Pool _pool = null!;
    private ClusterModel _cluster = null!;
    private StatBlock<ClusterStat> _stats = null!;
    private NetworkAddress _local;
    private int _requests;
    private int _streams;
    private bool _settled;
    private bool _pinging;

    public Http2ClientConnection(Worker worker)
        : base(worker)
    {
        _idleTimer = new Timer(this, 0);
        _pingTimer = new Timer(this, 1);
        _durationTimer = new Timer(this, 2);
    }

    public WorkerEndpoint Endpoint => _pool.Endpoint;

    public NetworkAddress LocalAddress => _local.IsNone && IsOpen ? _local = OwnAddress : _local;

    /// <summary>What the upstream's certificate says, if TLS is used and it showed one.</summary>
    public TlsPeer? Peer => Tls?.Peer;

    /// <summary>True while streams may be opened on it, now or when others have ended.</summary>
    public bool IsUsable { get; private set; }

    /// <summary>True when a stream may be opened now.</summary>
    public bool HasRoom => IsUsable && StreamCount < MostStreams && !SendFailed;

    /// <summary>True once the endpoint's SETTINGS have come.</summary>
    public bool IsSettled => _settled;

    /// <summary>True when the endpoint announced that it takes extended CONNECT (RFC 8441 section 3).</summary>
    public bool TakesConnectProtocol => PeerSettings.EnableConnectProtocol;

    protected override bool IsServer => false;

    protected override int MaxHeaderListBytes => _cluster.MaxResponseHeadersBytes;

    private int MostStreams =>
        (int)Math.Min((uint)Options.MaxConcurrentStreams, _settled ? PeerSettings.MaxConcurrentStreams : _pool.ExpectedStreams);

    private static ReadOnlySpan<byte> KeepalivePing => "weftlive"u8;

    /// <summary>Starts on a socket that was just handed over.</summary>
    public void Start(Http2Pool pool)
    {
        _pool = pool;
        _cluster = pool.Endpoint.Cluster.Model;
        _stats = pool.Endpoint.Cluster.Telemetry.Stats;
        _local = default;
        _requests = _streams = 0;
        _settled = _pinging = false;
        IsUsable = true;
        BeginHttp2(_cluster.Http2);
        if (_cluster.MaxConnectionDuration > TimeSpan.Zero) Arm(_durationTimer, _cluster.MaxConnectionDuration);
        if (Options.KeepaliveInterval > TimeSpan.Zero) Arm(_pingTimer, Options.KeepaliveInterval);
        ArmIdle();
    }

    /// <summary>Opens a stream, which must be given an exchange and a head at once; null when the connection has used up its numbers.</summary>
    public Http2ClientStream? Open()
    {
        int id = NextStreamId();
        if (id == 0)
        {
            Retire();
            return null;
        }

        Http2ClientStream stream = Worker.Http2ClientStreams.Rent();
        stream.Open(isReused: _requests > 0, isBlind: !_settled);
        Add(stream, id);
        TimerWheel.Disarm(_idleTimer);
        _requests++;
        CountStreams();
        if (_cluster.MaxRequestsPerConnection > 0 && _requests >= _cluster.MaxRequestsPerConnection)
        {
            _stats.Add(ClusterStat.UpstreamCxMaxRequests);
            Retire();
        }

        return stream;
    }

    /// <summary>Opens no more streams; closes when the last has ended.</summary>
    public void Retire()
    {
        if (!IsUsable) return;
        IsUsable = false;
        _pool.Leave(this);
        Worker.Schedule(this);
    }

    public void OnTimer(Timer timer)
    {
        if (!IsOpen) return;
        switch (timer.Kind)
        {
            case 0 when StreamCount == 0:
                _stats.Add(ClusterStat.UpstreamCxIdleTimeout);
                End();
                break;
            case 1 when _pinging:
                _stats.Add(ClusterStat.Http2KeepaliveTimeout);
                Close();
                break;
            case 1:
                _pinging = true;
                SendPing(KeepalivePing, isAck: false);
                Arm(_pingTimer, Options.KeepaliveTimeout);
                break;
            case 2:
                _stats.Add(ClusterStat.UpstreamCxMaxDurationReached);
                Retire();
                break;
            default:
                break;
        }

        Worker.FlushBatch();
    }

    public override void OnDrain() => Retire();

    public override void Recycle()
    {
        _pool = null!;
        _cluster = null!;
        Worker.Http2Clients.Return(this);
    }

    /// <summary>Nobody wants the stream any more.</summary>
    internal void Cancel(Http2ClientStream stream, Http2ErrorCode code)
    {
        _stats.Add(ClusterStat.Http2TxReset);
        Reset(stream, code);
    }

    internal override void OnScheduled()
    {
        if (!IsOpen) return;
        _pool.OnRoom(this);
        if (StreamCount == 0 && !IsUsable)
        {
            End();
            return;
        }

        base.OnScheduled();
    }

    protected override void OnGoAway(int lastStreamId, Http2ErrorCode code)
    {
        _stats.Add(ClusterStat.UpstreamCxCloseNotify);
        Retire();
        LoseStreams(lastStreamId, Http2Loss.NotProcessed);
        Worker.Schedule(this);
    }

    protected override void OnPong(ReadOnlySpan<byte> opaque)
    {
        if (!_pinging || !opaque.SequenceEqual(KeepalivePing)) return;
        _pinging = false;
        Arm(_pingTimer, Options.KeepaliveInterval);
    }

    protected override void OnPeerSettings()
    {
        _settled = true;
        _pool.Learn(PeerSettings.MaxConcurrentStreams);
        Worker.Schedule(this);
    }

    protected override void OnStreamGone()
    {
        CountStreams();
        if (!IsOpen) return;
        if (StreamCount == 0 && IsUsable) ArmIdle();
        Worker.Schedule(this);
    }

    protected override void OnConnectionError(Http2Error error)
    {
        _stats.Add(ClusterStat.UpstreamCxProtocolError);
        LoseStreams(0, Http2Loss.Protocol);
        Close();
    }

    protected override void CountBytes(long received, long written)
    {
        _stats.Add(ClusterStat.UpstreamCxRxBytesTotal, received);
        _stats.Add(ClusterStat.UpstreamCxTxBytesTotal, written);
    }

    protected override void CountGoAway() => _stats.Add(ClusterStat.Http2GoawaySent);

    protected override void OnHandshakeDone()
    {
        // It was done before the connection was handed over.
    }

    protected override void OnEnd() => Close(byPeer: true);

    protected override void OnBroken() => Close(byPeer: true);

    /// <summary>Says that nothing follows, and closes.</summary>
    private void End()
    {
        SendGoAway(0, Http2ErrorCode.NoError);
        Close();
    }

    private void Close(bool byPeer = false)
    {
        if (!IsOpen) return;
        Worker.FlushBatch();
        if (!IsOpen) return;
        TimerWheel.Disarm(_idleTimer);
        TimerWheel.Disarm(_pingTimer);
        TimerWheel.Disarm(_durationTimer);
        // The records of the streams that end with it want its address.
        _ = LocalAddress;
        Http2Pool pool = _pool;
        if (IsUsable) pool.Leave(this);
        IsUsable = false;
        bool wasBusy = StreamCount > 0;
        CloseTransport();
        EndHttp2();
        pool.OnClosed(byPeer, wasBusy);
    }

    private void CountStreams()
    {
        _stats.Add(ClusterStat.Http2StreamsActive, StreamCount - _streams);
        _streams = StreamCount;
    }

    private void ArmIdle()
    {
        if (_cluster.IdleTimeout > TimeSpan.Zero) Arm(_idleTimer, _cluster.IdleTimeout);
    }

    private void Arm(Timer timer, TimeSpan delay) => Worker.Timers.Arm(timer, Worker.Clock.NowMs, Math.Max((long)delay.TotalMilliseconds, 1));
}
