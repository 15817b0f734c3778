using Weft.Policy.Resilience;
using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;
using Weft.Proxy.Transport;
using Weft.Wire.Http;

namespace Weft.Proxy.Clusters;

/// <summary>One endpoint on one worker with its connections.</summary>
internal sealed class WorkerEndpoint
{
    private readonly Worker _worker;
    private readonly Http1Pool _http1;
    private Http2Pool? _http2;
    private UpstreamProtocol _protocol;
    private bool _refusesHttp2;
    private int _tcpConnections;

    public WorkerEndpoint(Worker worker, WorkerCluster cluster, EndpointModel model, ClientTlsSlot? tls)
    {
        _worker = worker;
        Cluster = cluster;
        Model = model;
        Tls = tls;
        _protocol = cluster.Model.Protocol;
        _http1 = new Http1Pool(worker, this);
    }

    public WorkerCluster Cluster { get; }

    public EndpointModel Model { get; private set; }

    /// <summary>Null is plaintext.</summary>
    public ClientTlsSlot? Tls { get; private set; }

    public NetworkAddress Address => Model.Address;

    /// <summary>The workload behind the endpoint as telemetry labels it; known after the first connection.</summary>
    public PeerHandle PeerHandle { get; private set; }

    /// <summary>Requests that this worker has under way at the endpoint.</summary>
    public int ActiveRequests { get; internal set; }

    /// <summary>Set while the cluster's endpoints are rebuilt.</summary>
    public bool IsListed { get; set; }

    /// <summary>True when new requests may go there.</summary>
    public bool IsHealthy => Model.Health is (EndpointHealth.Unknown or EndpointHealth.Healthy) && Outlier is not { IsEjected: true };

    /// <summary>True when new requests may go there if the healthy endpoints do not suffice.</summary>
    public bool IsDegraded => Model.Health is EndpointHealth.Degraded && Outlier is not { IsEjected: true };

    /// <summary>What outlier detection remembers of the endpoint; null when the cluster has none.</summary>
    public OutlierHost? Outlier { get; set; }

    /// <summary>True when nothing hangs on it.</summary>
    public bool IsUnused => _tcpConnections == 0 && _http1.IsUnused && _http2 is null or { IsUnused: true };

    /// <summary>True once the endpoint left its cluster: a connection that becomes free closes.</summary>
    public bool IsRemoved { get; private set; }

    public void Update(EndpointModel model, ClientTlsSlot? tls)
    {
        bool isElsewhere = model.InternalListener != Model.InternalListener;
        Model = model;
        // Idle connections were made under the old rules: who may be there, under which certificate and by which protocol, may have changed.
        if (isElsewhere || !ReferenceEquals(tls, Tls) || _protocol != Cluster.Model.Protocol)
        {
            CloseIdle();
            _refusesHttp2 = false;
        }

        Tls = tls;
        _protocol = Cluster.Model.Protocol;
    }

    /// <summary>Tells outlier detection how a request ended.</summary>
    public void Report(OutlierOutcome outcome)
    {
        if (Outlier is { } host) Cluster.State.Outliers.Report(host, outcome, _worker.Clock.NowMs, _worker.Random, Cluster.Telemetry.Stats);
    }

    /// <summary>Takes note of who answered.</summary>
    public void LearnPeer(TlsPeer? peer) => PeerHandle = _worker.Telemetry.Peer(Model.Metadata, peer?.SpiffeId ?? "");

    /// <summary>The endpoint left its cluster: no new request, idle connections close.</summary>
    public void Remove()
    {
        IsRemoved = true;
        CloseIdle();
    }

    /// <summary>Finds or starts a connection for an exchange.</summary>
    public AcquireOutcome Acquire(HttpExchange exchange, CircuitBreakerModel limits, out IUpstreamStream? stream, out int error)
    {
        if (!exchange.IsConnect) return PoolFor(exchange).Acquire(exchange, limits, out stream, out error);
        error = 0;
        stream = null;
        if (exchange.IsOwnConnect)
            return _protocol == UpstreamProtocol.Http2 ? Http2().Acquire(exchange, limits, out stream, out error) : AcquireOutcome.Unfit;
        if (Model.InternalListener.Length == 0) return AcquireOutcome.Unfit;
        stream = _worker.InboundTunnels.Rent().Towards(this);
        return AcquireOutcome.Ready;
    }

    /// <summary>Takes a waiting exchange out of its queue (its client went away, its time is up).</summary>
    public void Abandon(HttpExchange exchange)
    {
        if (!_http1.Abandon(exchange)) _http2?.Abandon(exchange);
    }

    /// <summary>The pool that takes a connection just made: where ALPN decides, what was chosen is remembered for the connections that follow.</summary>
    public UpstreamPool Settle(UpstreamPool dialer, ReadOnlySpan<byte> alpn)
    {
        if (_protocol != UpstreamProtocol.Auto) return dialer;
        _refusesHttp2 = !ClientTlsSlot.IsHttp2(alpn);
        return _refusesHttp2 ? _http1 : Http2();
    }

    /// <summary>Counts a connection that the TCP proxy makes for itself.</summary>
    public void AddTcpConnection()
    {
        _tcpConnections++;
        Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxTotal);
        Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxActive);
    }

    /// <summary>Forgets a connection that the TCP proxy made.</summary>
    public void RemoveTcpConnection()
    {
        _tcpConnections--;
        Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxActive, -1);
        Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamCxDestroy);
        Cluster.State.RemoveConnection();
    }

    private UpstreamPool PoolFor(HttpExchange exchange) => _protocol switch
    {
        UpstreamProtocol.Http2 => Http2(),
        UpstreamProtocol.UseDownstream when exchange.Head.Version == WireVersion.Http2 => Http2(),
        // One connection serves whoever waits if the endpoint agrees to HTTP/2, which is found out first; without TLS nothing can be agreed on.
        UpstreamProtocol.Auto when !_refusesHttp2 && Tls is not null => Http2(),
        _ => _http1,
    };

    private Http2Pool Http2() => _http2 ??= new Http2Pool(_worker, this);

    private void CloseIdle()
    {
        _http1.CloseIdle();
        _http2?.CloseIdle();
    }
}
