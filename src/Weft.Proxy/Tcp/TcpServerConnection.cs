using System.Text;
using Weft.Policy.Resilience;
using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Transport;
using Weft.Wire.Sniffing;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Tcp;

/// <summary>
/// The client's side of a TCP-proxied connection, which also holds the session: it chooses cluster and endpoint, makes up to the
/// configured number of connection attempts, passes bytes and each side's end to the other side, and reports once at the end. While one
/// side has unsent bytes the other is not read.
/// </summary>
internal sealed class TcpServerConnection : SocketConnection, ITimerOwner
{
    private static readonly byte[] DrainTimeout = "drain_timeout"u8.ToArray();
    private readonly Timer _idle;
    private readonly Timer _duration;
    private readonly ConnectionFacts _facts = new();
    private FilterChainRuntime _chain = null!;
    private TcpClientConnection? _upstream;
    private WorkerCluster? _cluster;
    private WorkerEndpoint? _endpoint;
    private ByteQueue _early;
    private NetworkAddress _upstreamLocal;
    private ResponseFlags _flags;
    private byte[] _failure = [];
    private byte[] _details = [];
    private string? _clientFailure;
    private long _received;
    private long _sent;
    private int _attempts;
    private bool _connected;
    private bool _clientEnded;
    private bool _upstreamEnded;
    private bool _opened;
    private bool _undecided;
    private bool _counted;
    private long _waitedMs;

    public TcpServerConnection(Worker worker)
        : base(worker)
    {
        _idle = new Timer(this, 0);
        _duration = new Timer(this, 1);
    }

    protected override bool WantsRead => IsHandshaking || (_connected && !_upstream!.HasUnsent);

    public ConnectionFacts Facts => _facts;

    private TcpProxyModel Model => _chain.Tcp!.Model;

    /// <summary>Takes over an accepted connection with the bytes that were read so far.</summary>
    public void Begin(ConnectionInspection from, FilterChainRuntime chain, ReadOnlySpan<byte> preread, bool readable)
    {
        BeginTransport();
        from.Facts.CopyTo(_facts);
        _chain = chain;
        _flags = ResponseFlags.None;
        _failure = _details = [];
        _clientFailure = null;
        _received = _sent = 0;
        _attempts = 0;
        _connected = _clientEnded = _upstreamEnded = _opened = false;
        _undecided = _facts.SilentKey != 0 && chain.Tls is null;
        _counted = false;
        _waitedMs = _undecided ? (Worker.Clock.NowNs - _facts.StartNs) / 1_000_000 : 0;
        if (!_undecided) CountIn();
        _cluster = null;
        _endpoint = null;
        _upstreamLocal = default;
        Worker.Retarget(from, this);
        IsReadable = readable;
        if (Model.MaxDownstreamConnectionDuration > TimeSpan.Zero) Arm(_duration, Model.MaxDownstreamConnectionDuration);
        Touch();
        if (chain.Tls is { } slot)
        {
            BeginTls(Worker.TlsSessions.Accept(slot.Context!));
            if (chain.Model.TransportSocketConnectTimeout > TimeSpan.Zero) Arm(_duration, chain.Model.TransportSocketConnectTimeout);
            FeedTls(preread);
            Worker.Schedule(this);
            return;
        }

        _early.Append(Worker.Buffers, preread);
        ChooseCluster();
    }

    /// <summary>The upstream connection stands.</summary>
    public void OnConnected()
    {
        _connected = true;
        _endpoint!.Report(OutlierOutcome.Success);
        if (_endpoint!.PeerHandle == default) _endpoint.LearnPeer(_upstream!.PeerCertificate);
        if (!_undecided) ReportOpen();
        Touch();
        if (!_early.IsEmpty)
        {
            _received += _early.Count;
            _upstream!.Send(_early.Bytes);
            _early.Clear(Worker.Buffers);
        }

        ResumeReading();
    }

    /// <summary>The upstream connection could not be made.</summary>
    public void OnConnectFailed(int error, string detail)
    {
        _upstream = null;
        _endpoint?.Report(OutlierOutcome.ConnectFailure);
        _failure = Encoding.UTF8.GetBytes(detail.Length > 0 ? detail : error == Errno.ETIMEDOUT ? "connection timeout" : $"delayed connect error: {error}");
        if (_attempts < Model.MaxConnectAttempts)
        {
            Connect();
            return;
        }

        _flags |= ResponseFlags.UpstreamConnectionFailure;
        if (_attempts > 1) _flags |= ResponseFlags.UpstreamRetryLimitExceeded;
        Finish(reset: false);
    }

    /// <summary>Bytes came from the upstream.</summary>
    public void OnUpstreamData(ReadOnlySpan<byte> data)
    {
        if (_undecided) LearnServerFirst();
        _sent += data.Length;
        Touch();
        Write(data);
    }

    /// <summary>The upstream ended its side.</summary>
    public void OnUpstreamEnd()
    {
        _upstreamEnded = true;
        ShutdownAfterSending();
        FinishWhenBothEnded();
    }

    /// <summary>The upstream connection broke.</summary>
    public void OnUpstreamBroken()
    {
        _upstream = null;
        _flags |= ResponseFlags.UpstreamConnectionTermination;
        Finish(reset: true);
    }

    /// <summary>The upstream takes bytes again.</summary>
    public void OnUpstreamDrained()
    {
        if (!FinishWhenBothEnded()) ResumeReading();
    }

    public void OnTimer(Timer timer)
    {
        if (!IsOpen) return;
        if (timer.Kind == 0)
        {
            _chain.Tcp!.TelemetryOf(Worker).Stats.Add(TcpStat.IdleTimeout);
        }
        else if (IsHandshaking)
        {
            _facts.Stats?.Add(ListenerStat.DownstreamCxTransportSocketConnectTimeout);
            _details = "transport_socket_timeout"u8.ToArray();
            _clientFailure = "The client did not finish the TLS handshake in time.";
        }
        else
        {
            _chain.Tcp!.TelemetryOf(Worker).Stats.Add(TcpStat.MaxDownstreamConnectionDuration);
        }

        _flags |= timer.Kind == 1 ? ResponseFlags.DurationTimeout : ResponseFlags.StreamIdleTimeout;
        Finish(reset: false);
    }

    public override void OnDrain()
    {
        // A byte stream has no place to say goodbye at: it lives until its ends or the end of the drain.
    }

    public override void OnDrainTimeout()
    {
        _details = DrainTimeout;
        Finish(reset: false);
    }

    public override void Recycle()
    {
        _chain = null!;
        _facts.Reset();
        _cluster = null;
        _endpoint = null;
        Worker.TcpServers.Return(this);
    }

    protected override void OnHandshakeDone()
    {
        TimerWheel.Disarm(_duration);
        if (Model.MaxDownstreamConnectionDuration > TimeSpan.Zero) Arm(_duration, Model.MaxDownstreamConnectionDuration);
        _facts.LearnTls(Worker, Tls!);
        ChooseCluster();
    }

    protected override void OnData(ReadOnlySpan<byte> data)
    {
        Touch();
        if (!_connected)
        {
            // The last flight of a handshake may carry data with it.
            _early.Append(Worker.Buffers, data);
            return;
        }

        if (_undecided && !KeepUndecided(data)) return;
        _received += data.Length;
        _upstream!.Send(data);
    }

    protected override void OnEnd()
    {
        if (!_connected)
        {
            _flags |= ResponseFlags.DownstreamConnectionTermination;
            Finish(reset: false);
            return;
        }

        _clientEnded = true;
        _upstream!.End();
        FinishWhenBothEnded();
    }

    protected override void OnBroken()
    {
        if (IsHandshaking)
        {
            FailedHandshake.Count(_facts, Tls!);
            _flags |= FailedHandshake.Flags(Tls!.Failure);
            _details = FailedHandshake.Details(Tls.Failure).ToArray();
            _clientFailure = Tls.FailureText;
            // The alert is to reach the client.
            Finish(reset: false);
            return;
        }

        _flags |= ResponseFlags.DownstreamConnectionTermination;
        Finish(reset: true);
    }

    protected override void OnHangupWhilePaused()
    {
        // What came before the hang-up is still to be passed on.
    }

    protected override void OnDrained()
    {
        if (!FinishWhenBothEnded()) _upstream?.ResumeReading();
    }

    /// <summary>
    /// The client stayed silent for so long that it was taken for one whose server speaks first, and now it spoke before the server did. False when
    /// its bytes are such as another filter chain may want: the upstream, which has seen none of them, is let go, and the connection is looked at again.
    /// </summary>
    private bool KeepUndecided(ReadOnlySpan<byte> data)
    {
        _undecided = false;
        Worker.Engine.ServerFirst.Forget(_facts.SilentKey);
        ListenerSniffing filters = _chain.Listener.Model.Sniffing;
        if (ProtocolSniffer.Sniff(data, filters.HasFlag(ListenerSniffing.Tls), filters.HasFlag(ListenerSniffing.Http)) == SniffedProtocol.Other)
        {
            ReportOpen();
            return true;
        }

        TimerWheel.Disarm(_idle);
        TimerWheel.Disarm(_duration);
        _upstream?.Close(reset: false);
        _upstream = null;
        IsReadable = false;
        Worker.Inspections.Rent().Resume(this, _facts, _chain.Listener, data);
        Worker.RecycleLater(this);
        return false;
    }

    /// <summary>The server spoke first: the next clients of this destination are not waited for, and somebody is told how to spare also the first the wait.</summary>
    private void LearnServerFirst()
    {
        _undecided = false;
        ReportOpen();
        long now = Worker.Clock.NowMs;
        ServerFirstDestinations known = Worker.Engine.ServerFirst;
        ListenerModel listener = _chain.Listener.Model;
        string host = _cluster!.Model.Service.Host;
        Worker.Engine.SlowDetections.Add(listener.Name, host.Length > 0 ? host : _cluster.Model.Name, _facts.Local.Port, _waitedMs);
        if (!known.Learn(_facts.SilentKey, now)) return;
        _facts.Stats?.Add(ListenerStat.ServerFirstLearned);
        if (!known.MayTell(now)) return;
        Worker.Engine.Options.Log(
            $"Listener '{listener.Name}' waited {listener.ListenerFiltersTimeout.TotalSeconds:0.###} s for the first bytes of a client of {(host.Length > 0 ? host : $"cluster '{_cluster.Model.Name}'")}, port {_facts.Local.Port}, whose server speaks first. "
            + "Its next clients are not waited for; so that none is, say what the port speaks: name it tcp-…, or set appProtocol: tcp.");
    }

    private void ChooseCluster()
    {
        string name = _chain.Tcp!.Choose(Worker);
        _cluster = Worker.Clusters.Find(Worker.Snapshot, name);
        if (_cluster is null)
        {
            _flags |= ResponseFlags.NoClusterFound;
            _chain.Tcp.TelemetryOf(Worker).Stats.Add(TcpStat.DownstreamCxNoRoute);
            Finish(reset: false);
            return;
        }

        Connect();
    }

    private void Connect()
    {
        WorkerCluster cluster = _cluster!;
        _attempts++;
        TriedPriorities untried = default;
        _endpoint = cluster.ChooseFor(_facts, null, [], 0, ref untried);
        if (_endpoint is null)
        {
            _flags |= ResponseFlags.NoHealthyUpstream;
            Finish(reset: false);
            return;
        }

        // A tunnel is a request of its cluster and counts as one.
        if (Model.Tunneling is null && !cluster.State.TryAddConnection(cluster.Model.CircuitBreakers))
        {
            cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxOverflow);
            _flags |= ResponseFlags.UpstreamOverflow;
            Finish(reset: false);
            return;
        }

        TcpClientConnection upstream = Worker.TcpClients.Rent();
        _upstream = upstream;
        int error = Model.Tunneling is null ? upstream.Connect(_endpoint, this) : upstream.ConnectThrough(_endpoint, this, _chain.Tcp!, _facts.Local);
        if (error == 0) return;
        Worker.TcpClients.Return(upstream);
        cluster.State.RemoveConnection();
        OnConnectFailed(error, "");
    }

    private bool FinishWhenBothEnded()
    {
        if (!_clientEnded || !_upstreamEnded || HasUnsent || _upstream is { HasUnsent: true }) return false;
        Finish(reset: false);
        return true;
    }

    private void Finish(bool reset)
    {
        if (!IsOpen) return;
        TimerWheel.Disarm(_idle);
        TimerWheel.Disarm(_duration);
        TcpClientConnection? upstream = _upstream;
        _upstream = null;
        if (upstream is not null) _upstreamLocal = upstream.LocalAddress;
        upstream?.Close(reset);
        if (!_opened) ReportOpen();
        _chain.Tcp!.TelemetryOf(Worker).Stats.Add(TcpStat.DownstreamCxActive, -1);
        ConnectionRecord record = Record();
        _chain.Tcp!.TelemetryOf(Worker).Close(in record);
        Worker.Observer?.OnConnection(in record);
        _early.Clear(Worker.Buffers);
        _facts.Leave(Worker);
        CloseTransport(reset && !HasUnsent);
    }

    /// <summary>Counts the connection as one of this TCP proxy, which it is for good.</summary>
    private void CountIn()
    {
        if (_counted) return;
        _counted = true;
        StatBlock<TcpStat> stats = _chain.Tcp!.TelemetryOf(Worker).Stats;
        stats.Add(TcpStat.DownstreamCxTotal);
        stats.Add(TcpStat.DownstreamCxActive);
    }

    private void ReportOpen()
    {
        _opened = true;
        CountIn();
        ConnectionRecord record = Record();
        record.ReceivedBytes = record.SentBytes = 0;
        _chain.Tcp!.TelemetryOf(Worker).Open(in record);
    }

    private ConnectionRecord Record() => new()
    {
        Flags = _flags,
        UpstreamFailure = _failure,
        TerminationDetails = _details,
        DownstreamFailure = _clientFailure,
        ReceivedBytes = _received,
        SentBytes = _sent,
        StartUnixMicroseconds = _facts.StartWallNs / 1000,
        DurationMicroseconds = (Worker.Clock.NowNs - _facts.StartNs) / 1000,
        DownstreamLocal = _facts.Local,
        DownstreamRemote = _facts.Peer,
        DownstreamMutualTls = _facts.Certificate is not null,
        DownstreamPeer = _facts.PeerHandle,
        RequestedServerName = _facts.ServerName.Length > 0 ? _facts.ServerName : null,
        DownstreamTls = _facts.Tls,
        Cluster = _cluster?.Telemetry,
        UpstreamPeer = _endpoint?.PeerHandle ?? default,
        UpstreamRemote = _endpoint?.Address ?? default,
        UpstreamLocal = _upstreamLocal,
    };

    private void Touch()
    {
        if (Model.IdleTimeout > TimeSpan.Zero) Arm(_idle, Model.IdleTimeout);
    }

    private void Arm(Timer timer, TimeSpan delay) => Worker.Timers.Arm(timer, Worker.Clock.NowMs, Math.Max((long)delay.TotalMilliseconds, 1));
}
