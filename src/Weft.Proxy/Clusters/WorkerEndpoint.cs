using Weft.Policy.Resilience;
using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Listeners;
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
    private readonly PoolPair _shared;
    private HashSet<PoolPair>? _ofClients;
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
        ProxyProtocol = cluster.Runtime.ProxyProtocolFor(model.Metadata);
        _shared = new PoolPair(worker, this, null);
    }

    public WorkerCluster Cluster { get; }

    public EndpointModel Model { get; private set; }

    /// <summary>Null is plaintext.</summary>
    public ClientTlsSlot? Tls { get; private set; }

    /// <summary>The header that connections begin with.</summary>
    public UpstreamProxyProtocol ProxyProtocol { get; private set; }

    public NetworkAddress Address => Model.Address;

    /// <summary>The workload behind the endpoint as telemetry labels it; known after the first connection.</summary>
    public PeerHandle PeerHandle { get; private set; }

    /// <summary>Requests that this worker has under way at the endpoint.</summary>
    public int ActiveRequests { get; private set; }

    /// <summary>Set while the cluster's endpoints are rebuilt.</summary>
    public bool IsListed { get; set; }

    /// <summary>True when new requests may go there.</summary>
    public bool IsHealthy => Model.Health is (EndpointHealth.Unknown or EndpointHealth.Healthy) && Outlier is not { IsEjected: true };

    /// <summary>True when new requests may go there if the healthy endpoints do not suffice.</summary>
    public bool IsDegraded => Model.Health is EndpointHealth.Degraded && Outlier is not { IsEjected: true };

    /// <summary>What outlier detection remembers of the endpoint; null when the cluster has none.</summary>
    public OutlierHost? Outlier { get; set; }

    /// <summary>True when nothing hangs on it.</summary>
    public bool IsUnused => _tcpConnections == 0 && _shared.IsUnused && _ofClients is null or { Count: 0 };

    /// <summary>True once the endpoint left its cluster: a connection that becomes free closes.</summary>
    public bool IsRemoved { get; private set; }

    public void Update(EndpointModel model, ClientTlsSlot? tls)
    {
        bool isElsewhere = model.InternalListener != Model.InternalListener;
        Model = model;
        // Idle connections were made under the old rules: who may be there, under which certificate and by which protocol, may have changed.
        UpstreamProxyProtocol proxyProtocol = Cluster.Runtime.ProxyProtocolFor(model.Metadata);
        if (isElsewhere || !ReferenceEquals(tls, Tls) || _protocol != Cluster.Model.Protocol || ProxyProtocol != proxyProtocol)
        {
            CloseIdle();
            _refusesHttp2 = false;
        }

        Tls = tls;
        ProxyProtocol = proxyProtocol;
        _protocol = Cluster.Model.Protocol;
    }

    /// <summary>Tells outlier detection how a request ended.</summary>
    public void Report(OutlierOutcome outcome)
    {
        if (Outlier is { } host) Cluster.State.Outliers.Report(host, outcome, _worker.Clock.NowMs, _worker.Random, Cluster.Telemetry.Stats);
    }

    /// <summary>A connection here was given a request.</summary>
    public void BeginRequest()
    {
        ActiveRequests++;
        Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamRqActive);
    }

    /// <summary>A connection here is done with a request, in whatever way.</summary>
    public void EndRequest()
    {
        ActiveRequests--;
        Cluster.Telemetry.Stats.Add(ClusterStat.UpstreamRqActive, -1);
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
        if (!exchange.EndsConnect && !exchange.IsOwnConnect) return PoolFor(exchange).Acquire(exchange, limits, out stream, out error);
        error = 0;
        stream = null;
        if (exchange.IsOwnConnect)
            return _protocol == UpstreamProtocol.Http2 ? _shared.Http2.Acquire(exchange, limits, out stream, out error) : AcquireOutcome.Unfit;
        if (Model.InternalListener.Length == 0) return PoolsFor(exchange).Tunnels.Acquire(exchange, limits, out stream, out error);
        stream = _worker.InboundTunnels.Rent().Towards(this);
        return AcquireOutcome.Ready;
    }

    /// <summary>Takes a waiting exchange out of its queue (its client went away, its time is up).</summary>
    public static void Abandon(HttpExchange exchange) => exchange.WaitingIn?.Abandon(exchange);

    /// <summary>Forgets the pools of a client that is gone.</summary>
    public void Forget(PoolPair pair) => _ofClients?.Remove(pair);

    /// <summary>The pool that takes a connection just made: where ALPN decides, what was chosen is remembered for the connections that follow.</summary>
    public UpstreamPool Settle(UpstreamPool dialer, ReadOnlySpan<byte> alpn)
    {
        if (_protocol != UpstreamProtocol.Auto || dialer is TunnelPool) return dialer;
        _refusesHttp2 = !ClientTlsSlot.IsHttp2(alpn);
        return _refusesHttp2 ? dialer.Pair.Http1 : dialer.Pair.Http2;
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

    private PoolPair PoolsFor(HttpExchange exchange) =>
        ProxyProtocol == UpstreamProxyProtocol.None || exchange.ProxyClient is not { } client ? _shared : PoolsOf(client);

    private UpstreamPool PoolFor(HttpExchange exchange)
    {
        PoolPair pools = PoolsFor(exchange);
        return _protocol switch
        {
            UpstreamProtocol.Http2 => pools.Http2,
            UpstreamProtocol.UseDownstream when exchange.Head.Version == WireVersion.Http2 => pools.Http2,
            // One connection serves whoever waits if the endpoint agrees to HTTP/2, which is found out first; without TLS nothing can be agreed on.
            UpstreamProtocol.Auto when !_refusesHttp2 && Tls is not null => pools.Http2,
            _ => pools.Http1,
        };
    }

    /// <summary>The pools whose connections speak for one client's connection.</summary>
    private PoolPair PoolsOf(ConnectionFacts client)
    {
        client.OwnPools ??= [];
        foreach (PoolPair known in client.OwnPools)
        {
            if (ReferenceEquals(known.Endpoint, this)) return known;
        }

        PoolPair pools = new(_worker, this, client);
        client.OwnPools.Add(pools);
        (_ofClients ??= []).Add(pools);
        return pools;
    }

    private void CloseIdle()
    {
        _shared.CloseIdle();
        if (_ofClients is null) return;
        // One that is over leaves the set.
        foreach (PoolPair pools in _ofClients.ToArray()) pools.CloseIdle();
    }
}
