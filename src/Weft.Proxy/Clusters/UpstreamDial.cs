using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Interop;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Transport;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Clusters;

/// <summary>
/// A connection towards an endpoint while it is made: TCP, then TLS, both within the cluster's connect timeout. When it is ready its pool hands
/// the socket to the connection object of the protocol, which ALPN may have chosen.
/// </summary>
internal sealed class UpstreamDial : SocketConnection, ITimerOwner
{
    private readonly Timer _timer;
    private UpstreamPool _pool = null!;

    public UpstreamDial(Worker worker)
        : base(worker) => _timer = new Timer(this, 0);

    /// <summary>The protocol that the handshake chose; empty on plaintext and when the endpoint chose none.</summary>
    public ReadOnlySpan<byte> Alpn => Tls is { } tls ? tls.Alpn : default;

    protected override bool WantsRead => true;

    /// <summary>Starts connecting for a pool; 0, or the error when not even that worked.</summary>
    public int Connect(UpstreamPool pool)
    {
        _pool = pool;
        ClusterModel cluster = pool.Endpoint.Cluster.Model;
        if (pool.Endpoint.Model.InternalListener.Length > 0)
        {
            BeginTransport();
            Worker.OutboundTunnels.Rent().Connect(this, pool.Endpoint);
            Worker.Timers.Arm(_timer, Worker.Clock.NowMs, Math.Max((long)cluster.ConnectTimeout.TotalMilliseconds, 1));
            return 0;
        }

        int descriptor = Sockets.Connect(pool.Endpoint.Address, cluster.SourceAddress, out bool unbound);
        if (unbound) pool.Endpoint.Cluster.Telemetry.Stats.Add(ClusterStat.BindErrors);
        if (descriptor < 0) return -descriptor;
        if (cluster.TcpKeepalive is { } keepalive) Sockets.SetKeepalive(descriptor, keepalive);
        BeginTransport();
        if (!Worker.Register(this, descriptor))
        {
            Worker.CloseDescriptor(this);
            return Errno.ENOMEM;
        }

        Worker.Timers.Arm(_timer, Worker.Clock.NowMs, Math.Max((long)cluster.ConnectTimeout.TotalMilliseconds, 1));
        return 0;
    }

    /// <summary>Gives the socket and its TLS session away.</summary>
    public void HandOverTo(SocketConnection connection) => HandOver(connection);

    public void OnTimer(Timer timer)
    {
        if (IsOpen) Fail(UpstreamFailure.ConnectTimeout, Errno.ETIMEDOUT, "");
    }

    public override void OnDrain()
    {
        // Whoever waits for it is still served.
    }

    public override void Recycle()
    {
        _pool = null!;
        Worker.Dials.Return(this);
    }

    internal override void OnEvents(uint events)
    {
        if (IsHandshaking)
        {
            base.OnEvents(events);
            return;
        }

        (int error, string detail) = ConnectFailure;
        if (error != 0 || (events & (Libc.EpollErr | Libc.EpollHup)) != 0)
        {
            Fail(UpstreamFailure.ConnectFailure, error == 0 ? Errno.ECONNRESET : error, detail);
            return;
        }

        if ((events & Libc.EpollOut) == 0) return;
        if ((events & (Libc.EpollIn | Libc.EpollRdHup)) != 0) IsReadable = true;
        if ((events & Libc.EpollRdHup) != 0) PeerHungUp = true;
        if (_pool.Endpoint.ProxyProtocol is not UpstreamProxyProtocol.None and var version)
        {
            Span<byte> header = stackalloc byte[ProxyPreamble.MaxBytes];
            if (!SendPreamble(header[..ProxyPreamble.Write(header, version, _pool.Pair.Source, _pool.Pair.Target)]))
            {
                Fail(UpstreamFailure.ConnectFailure, Errno.ECONNRESET, "");
                return;
            }
        }

        if (_pool.Endpoint.Tls is { } slot) StartTls(slot);
        else Ready();
    }

    protected override void OnHandshakeDone()
    {
        UpstreamHandshake.CountDone(_pool.Endpoint.Cluster.Telemetry.Stats, Tls!);
        Ready();
    }

    protected override void OnData(ReadOnlySpan<byte> data)
    {
        // Whatever comes before the handshake is done goes to the TLS session, whatever comes after it to the connection that took over.
    }

    protected override void OnEnd() => OnBroken();

    protected override void OnBroken()
    {
        if (Tls is { } tls) UpstreamHandshake.CountFailed(_pool.Endpoint.Cluster.Telemetry.Stats, tls);
        Fail(UpstreamFailure.ConnectFailure, Errno.ECONNRESET, Tls?.FailureText ?? "");
    }

    protected override void OnHangupWhilePaused()
    {
        // It is never paused.
    }

    protected override void OnDrained()
    {
        // The handshake goes on with what the endpoint sends.
    }

    private void StartTls(ClientTlsSlot slot)
    {
        if (slot.Context is null)
        {
            Fail(UpstreamFailure.ConnectFailure, 0, slot.Problem);
            return;
        }

        EndpointModel endpoint = _pool.Endpoint.Model;
        string? name = slot.Model.AutoHostSni && endpoint.Hostname.Length > 0 ? endpoint.Hostname : null;
        BeginTls(Worker.TlsSessions.Connect(slot.Context, name, _pool.AlpnFor(slot)));
        if (!StepHandshake()) OnBroken();
        else if (IsReadable) Pump();
    }

    private void Ready()
    {
        TimerWheel.Disarm(_timer);
        _pool.OnDialed(this);
    }

    private void Fail(UpstreamFailure failure, int error, string detail)
    {
        UpstreamPool pool = _pool;
        TimerWheel.Disarm(_timer);
        CloseTransport();
        pool.OnConnectFailed(failure, error, detail);
    }
}
