using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Proxy.Transport;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Tcp;

/// <summary>The upstream's side of a TCP-proxied connection; see <see cref="TcpServerConnection"/>.</summary>
internal sealed class TcpClientConnection : SocketConnection, ITimerOwner
{
    private readonly Timer _timer;
    private WorkerEndpoint _endpoint = null!;
    private TcpServerConnection? _session;
    private bool _connecting;
    private bool _isHop;

    public TcpClientConnection(Worker worker)
        : base(worker) => _timer = new Timer(this, 0);

    public NetworkAddress LocalAddress => IsOpen ? OwnAddress : default;

    public TlsPeer? PeerCertificate => Tls?.Peer ?? Tunnel?.Peer;

    protected override bool WantsRead => IsHandshaking || _session is not { HasUnsent: true };

    /// <summary>Starts connecting; 0, or the error when not even that worked.</summary>
    public int Connect(WorkerEndpoint endpoint, TcpServerConnection session)
    {
        ClusterModel cluster = endpoint.Cluster.Model;
        if (endpoint.Model.InternalListener.Length > 0)
        {
            Begin(endpoint, session, isHop: false);
            Worker.OutboundTunnels.Rent().Connect(this, endpoint);
            return 0;
        }

        int descriptor = Sockets.Connect(endpoint.Address, cluster.SourceAddress, out bool unbound);
        if (unbound) endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.BindErrors);
        if (descriptor < 0) return -descriptor;
        if (cluster.TcpKeepalive is { } keepalive) Sockets.SetKeepalive(descriptor, keepalive);
        if (!Worker.Register(this, descriptor))
        {
            Worker.CloseDescriptor(this);
            return Errno.ENOMEM;
        }

        Begin(endpoint, session, isHop: false);
        return 0;
    }

    /// <summary>Starts connecting to a destination through a tunnel that the endpoint ends; 0.</summary>
    public int ConnectThrough(WorkerEndpoint endpoint, TcpServerConnection session, TcpRuntime tcp, NetworkAddress destination)
    {
        Begin(endpoint, session, isHop: true);
        Worker.OutboundTunnels.Rent().Connect(this, endpoint, tcp, destination);
        return 0;
    }

    public void Send(ReadOnlySpan<byte> data) => Write(data);

    /// <summary>Ends our side after what was sent.</summary>
    public void End() => ShutdownAfterSending();

    /// <summary>Closes; the session hears nothing more.</summary>
    public void Close(bool reset)
    {
        _session = null;
        if (!IsOpen) return;
        TimerWheel.Disarm(_timer);
        CloseTransport(reset);
        if (!_isHop) _endpoint.RemoveTcpConnection();
    }

    public void OnTimer(Timer timer)
    {
        if (IsOpen) Fail(Errno.ETIMEDOUT, "");
    }

    public override void OnDrain()
    {
    }

    public override void Recycle()
    {
        _endpoint = null!;
        Worker.TcpClients.Return(this);
    }

    internal override void OnEvents(uint events)
    {
        if (!_connecting)
        {
            base.OnEvents(events);
            return;
        }

        (int error, string detail) = ConnectFailure;
        if (error != 0 || (events & (Libc.EpollErr | Libc.EpollHup)) != 0)
        {
            Fail(error == 0 ? Errno.ECONNRESET : error, detail);
            return;
        }

        if ((events & Libc.EpollOut) == 0) return;
        _connecting = false;
        if ((events & (Libc.EpollIn | Libc.EpollRdHup)) != 0) IsReadable = true;
        if ((events & Libc.EpollRdHup) != 0) PeerHungUp = true;
        if (!_isHop && _endpoint.ProxyProtocol is not UpstreamProxyProtocol.None and var version)
        {
            Span<byte> header = stackalloc byte[ProxyPreamble.MaxBytes];
            if (!SendPreamble(header[..ProxyPreamble.Write(header, version, _session!.Facts.Peer, _session.Facts.Local)]))
            {
                Fail(Errno.ECONNRESET, "");
                return;
            }
        }

        // What a hop is asked for is carried on a connection of its pool, where its TLS is.
        if (!_isHop && _endpoint.Tls is { } slot) StartTls(slot);
        else Ready();
    }

    protected override void OnHandshakeDone()
    {
        UpstreamHandshake.CountDone(_endpoint.Cluster.Telemetry.Stats, Tls!);
        Ready();
    }

    protected override void CountBytes(long received, long written)
    {
        // A hop's bytes are those of the connection that carries it.
        if (_isHop) return;
        _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxRxBytesTotal, received);
        _endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxTxBytesTotal, written);
    }

    protected override void OnData(ReadOnlySpan<byte> data) => _session?.OnUpstreamData(data);

    protected override void OnEnd() => _session?.OnUpstreamEnd();

    protected override void OnBroken()
    {
        if (IsHandshaking)
        {
            UpstreamHandshake.CountFailed(_endpoint.Cluster.Telemetry.Stats, Tls!);
            Fail(Errno.ECONNRESET, Tls!.FailureText);
            return;
        }

        TcpServerConnection? session = _session;
        Close(reset: false);
        session?.OnUpstreamBroken();
    }

    protected override void OnHangupWhilePaused()
    {
        // What the upstream sent before it hung up is read when the client takes more.
    }

    protected override void OnDrained() => _session?.OnUpstreamDrained();

    private void Begin(WorkerEndpoint endpoint, TcpServerConnection session, bool isHop)
    {
        BeginTransport();
        _endpoint = endpoint;
        _session = session;
        _connecting = true;
        _isHop = isHop;
        if (!isHop) endpoint.AddTcpConnection();
        Worker.Timers.Arm(_timer, Worker.Clock.NowMs, Math.Max((long)endpoint.Cluster.Model.ConnectTimeout.TotalMilliseconds, 1));
    }

    private void StartTls(ClientTlsSlot slot)
    {
        if (slot.Context is null)
        {
            Fail(0, slot.Problem);
            return;
        }

        BeginTls(Worker.TlsSessions.Connect(slot.Context));
        if (!StepHandshake()) OnBroken();
        else if (IsReadable) Pump();
    }

    private void Ready()
    {
        TimerWheel.Disarm(_timer);
        _session?.OnConnected();
        if (IsReadable) Worker.Schedule(this);
    }

    private void Fail(int error, string detail)
    {
        TcpServerConnection? session = _session;
        Close(reset: false);
        session?.OnConnectFailed(error, detail);
    }
}
