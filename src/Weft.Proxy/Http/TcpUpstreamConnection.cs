using Weft.Proxy.Clusters;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Http;

/// <summary>
/// The connection to a cluster's endpoint of a CONNECT that ends here: its bytes are the tunnel's as they are. The exchange sees it as its upstream, which has answered 200 as soon as it
/// is there. Made for one exchange, it ends with it; cut off, where the client was cut off.
/// </summary>
internal sealed class TcpUpstreamConnection(Worker worker) : SocketConnection(worker), IUpstreamStream
{
    private TunnelPool _pool = null!;
    private HttpExchange? _exchange;
    private NetworkAddress _local;
    private bool _opening;
    private bool _sentEnd;
    private bool _endedByPeer;

    public WorkerEndpoint Endpoint => _pool.Endpoint;

    public bool IsBlocked => HasUnsent;

    public bool IsReused => false;

    public NetworkAddress LocalAddress => _local.IsNone && IsOpen ? _local = OwnAddress : _local;

    public TlsPeer? Peer => Tls?.Peer;

    protected override bool WantsRead => _exchange is { IsTunnel: true, IsDownstreamBlocked: false };

    private StatBlock<ClusterStat> Stats => Endpoint.Cluster.Telemetry.Stats;

    /// <summary>Starts on a socket that was just handed over.</summary>
    public void Start(TunnelPool pool)
    {
        _pool = pool;
        _exchange = null;
        _local = default;
        _opening = _sentEnd = _endedByPeer = false;
    }

    /// <summary>Closes a connection for which nobody waits any more.</summary>
    public void CloseUnused() => Close(reset: false);

    public void Begin(HttpExchange exchange) => _exchange = exchange;

    public void SendHead(HttpExchange exchange, bool end)
    {
        // The exchange is in the middle of something: the tunnel opens when it is through.
        _opening = true;
        Worker.Schedule(this);
    }

    public void SendData(ReadOnlySpan<byte> data) => Write(data);

    public void SendEnd()
    {
        _sentEnd = true;
        ShutdownAfterSending();
    }

    public void SendTrailers(ReadOnlySpan<byte> lines) => SendEnd();

    public void ResumeResponse()
    {
        if (IsOpen && IsReadable) Worker.Schedule(this);
    }

    public void Release() => Abort();

    public void Abort()
    {
        if (_exchange is null) return;
        _exchange = null;
        Endpoint.EndRequest();
        Close(reset: !_sentEnd, wasBusy: !_sentEnd || !_endedByPeer);
    }

    public override void OnDrain()
    {
        // It ends with its exchange.
    }

    public override void Recycle()
    {
        _pool = null!;
        Worker.TcpUpstreams.Return(this);
    }

    internal override void OnScheduled()
    {
        if (!IsOpen) return;
        if (_opening && !SendFailed)
        {
            _opening = false;
            _exchange?.OnTunnelOpened();
        }

        base.OnScheduled();
    }

    protected override void OnHandshakeDone()
    {
        // It was done before the connection was handed over.
    }

    protected override void OnData(ReadOnlySpan<byte> data) => _exchange!.OnResponseData(data);

    protected override void OnEnd()
    {
        _endedByPeer = true;
        _exchange!.OnResponseEnd();
    }

    protected override void OnBroken()
    {
        _endedByPeer = true;
        HttpExchange? exchange = _exchange;
        _exchange = null;
        if (exchange is not null) Endpoint.EndRequest();
        string detail = Tls is { Failure: not TlsFailure.None } tls ? tls.FailureText : "";
        Close(reset: false, wasBusy: exchange is not null);
        exchange?.OnUpstreamFailure(UpstreamFailure.Termination, 0, detail);
    }

    protected override void CountBytes(long received, long written)
    {
        Stats.Add(ClusterStat.UpstreamCxRxBytesTotal, received);
        Stats.Add(ClusterStat.UpstreamCxTxBytesTotal, written);
    }

    protected override void OnHangupWhilePaused()
    {
        // What came before it hung up is still in the socket; it is read when the client takes more.
    }

    protected override void OnDrained() => _exchange?.OnUpstreamDrained();

    private void Close(bool reset, bool wasBusy = false)
    {
        if (!IsOpen) return;
        TunnelPool pool = _pool;
        CloseTransport(reset);
        pool.OnClosed(_endedByPeer, wasBusy);
    }
}
