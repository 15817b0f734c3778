using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Clusters;

/// <summary>
/// The connections of one protocol from one worker to one endpoint. Exchanges that find no room wait in order for whichever connection has
/// room first, a new one or one on which another exchange ended.
/// </summary>
internal abstract class UpstreamPool(Worker worker, PoolPair pair)
{
    private HttpExchange? _waitingFirst;
    private HttpExchange? _waitingLast;
    private int _waiting;
    private int _connecting;
    private int _connections;

    public WorkerEndpoint Endpoint => Pair.Endpoint;

    /// <summary>This pool and that of the other protocol.</summary>
    public PoolPair Pair { get; } = pair;

    /// <summary>True when nothing hangs on it.</summary>
    public bool IsUnused => _connections == 0 && _waiting == 0;

    protected Worker Worker { get; } = worker;

    protected bool HasWaiting => _waitingFirst is not null;

    /// <summary>The exchange that has waited longest.</summary>
    protected HttpExchange? Waiting => _waitingFirst;

    /// <summary>How many exchanges a connection that is being made is expected to take at once.</summary>
    protected abstract int StreamsPerConnection { get; }

    private StatBlock<ClusterStat> Stats => Endpoint.Cluster.Telemetry.Stats;

    /// <summary>Finds or starts a connection for an exchange.</summary>
    public AcquireOutcome Acquire(HttpExchange exchange, CircuitBreakerModel limits, out IUpstreamStream? stream, out int error)
    {
        error = 0;
        stream = TakeReady(exchange);
        if (stream is not null) return AcquireOutcome.Ready;
        ClusterState state = Endpoint.Cluster.State;
        if (!state.TryAddPending(limits)) return AcquireOutcome.Overflow;
        if ((long)_connecting * StreamsPerConnection <= _waiting && !MaySoonTake(exchange))
        {
            if (state.TryAddConnection(limits))
            {
                error = StartConnection();
                if (error != 0)
                {
                    state.RemovePending();
                    return AcquireOutcome.Failed;
                }
            }
            else
            {
                Stats.Add(ClusterStat.UpstreamCxOverflow);
                if (_connections == 0)
                {
                    // Nobody here will ever give a connection back to this exchange.
                    state.RemovePending();
                    return AcquireOutcome.Overflow;
                }
            }
        }

        Stats.Add(ClusterStat.UpstreamRqPendingTotal);
        Enqueue(exchange);
        return AcquireOutcome.Waiting;
    }

    /// <summary>Takes a waiting exchange out of the queue (its client went away, its time is up); false when it does not wait here.</summary>
    public bool Abandon(HttpExchange exchange)
    {
        HttpExchange? previous = null;
        for (HttpExchange? at = _waitingFirst; at is not null; previous = at, at = at.NextWaiting)
        {
            if (!ReferenceEquals(at, exchange)) continue;
            Unlink(at, previous);
            Endpoint.Cluster.State.RemovePending();
            Stats.Add(ClusterStat.UpstreamRqCancelled);
            return true;
        }

        return false;
    }

    /// <summary>Closes the connections that serve nobody.</summary>
    public abstract void CloseIdle();

    /// <summary>The protocols to offer in a TLS handshake, in wire form.</summary>
    public abstract byte[] AlpnFor(ClientTlsSlot slot);

    /// <summary>A connection is made. The pool of the protocol that it speaks takes it over, with all who wait when that is another one.</summary>
    public void OnDialed(UpstreamDial dial)
    {
        _connecting--;
        UpstreamPool taker = Endpoint.Settle(this, dial.Alpn);
        if (!ReferenceEquals(taker, this))
        {
            _connections--;
            taker._connections++;
            while (_waitingFirst is { } exchange)
            {
                Unlink(exchange, null);
                taker.Enqueue(exchange);
            }
        }

        taker.Adopt(dial);
        if (!ReferenceEquals(taker, this)) taker.ConnectForWaiting();
    }

    /// <summary>A connection could not be made: those who have waited longest, as many as it would have served, hear of it.</summary>
    public void OnConnectFailed(UpstreamFailure failure, int error, string detail)
    {
        _connecting--;
        Stats.Add(failure == UpstreamFailure.ConnectTimeout ? ClusterStat.UpstreamCxConnectTimeout : ClusterStat.UpstreamCxConnectFail);
        Forget();
        for (int left = Math.Min(_waiting, StreamsPerConnection); left > 0 && HasWaiting; left--)
        {
            Stats.Add(ClusterStat.UpstreamRqPendingFailureEject);
            Dequeue().OnUpstreamFailure(failure, error, detail);
        }

        ConnectForWaiting();
        Pair.ForgetIfOver();
    }

    /// <summary>An established connection is gone.</summary>
    /// <param name="byPeer">The peer ended it; else we did.</param>
    /// <param name="wasBusy">Somebody was still waiting for something on it.</param>
    public void OnClosed(bool byPeer, bool wasBusy)
    {
        Stats.Add(byPeer ? ClusterStat.UpstreamCxDestroyRemote : ClusterStat.UpstreamCxDestroyLocal);
        if (wasBusy)
        {
            Stats.Add(ClusterStat.UpstreamCxDestroyWithActiveRq);
            Stats.Add(byPeer ? ClusterStat.UpstreamCxDestroyRemoteWithActiveRq : ClusterStat.UpstreamCxDestroyLocalWithActiveRq);
        }

        Forget();
        ConnectForWaiting();
        Pair.ForgetIfOver();
    }

    /// <summary>An idle connection that is ready at once, or a new stream on one with room; null when there is none.</summary>
    protected abstract IUpstreamStream? TakeReady(HttpExchange exchange);

    /// <summary>True when a connection that is there may take the exchange as soon as its endpoint has said what it can do.</summary>
    protected virtual bool MaySoonTake(HttpExchange exchange) => false;

    /// <summary>Takes a new connection, and gives it to those who wait.</summary>
    protected abstract void Adopt(UpstreamDial dial);

    /// <summary>Makes connections for those who wait because of the bound on connections, or because the one that they waited for takes no more.</summary>
    protected void ConnectForWaiting()
    {
        while (_waitingFirst is { } first && !MaySoonTake(first) && _waiting > (long)_connecting * StreamsPerConnection && Endpoint.Cluster.State.TryAddConnection(Endpoint.Cluster.Model.CircuitBreakers))
        {
            int error = StartConnection();
            if (error == 0) continue;
            Stats.Add(ClusterStat.UpstreamRqPendingFailureEject);
            Dequeue().OnUpstreamFailure(UpstreamFailure.ConnectFailure, error, "");
        }
    }

    /// <summary>Takes the exchange that has waited longest out of the queue, which is not empty.</summary>
    protected HttpExchange Dequeue()
    {
        HttpExchange exchange = _waitingFirst!;
        Unlink(exchange, null);
        Endpoint.Cluster.State.RemovePending();
        return exchange;
    }

    private int StartConnection()
    {
        UpstreamDial dial = Worker.Dials.Rent();
        int error = dial.Connect(this);
        if (error != 0)
        {
            Worker.Dials.Return(dial);
            Endpoint.Cluster.State.RemoveConnection();
            return error;
        }

        _connections++;
        _connecting++;
        Stats.Add(ClusterStat.UpstreamCxTotal);
        Stats.Add(ClusterStat.UpstreamCxActive);
        return 0;
    }

    private void Forget()
    {
        _connections--;
        Stats.Add(ClusterStat.UpstreamCxActive, -1);
        Stats.Add(ClusterStat.UpstreamCxDestroy);
        Endpoint.Cluster.State.RemoveConnection();
    }

    private void Unlink(HttpExchange exchange, HttpExchange? previous)
    {
        if (previous is null) _waitingFirst = exchange.NextWaiting;
        else previous.NextWaiting = exchange.NextWaiting;
        if (ReferenceEquals(_waitingLast, exchange)) _waitingLast = previous;
        exchange.NextWaiting = null;
        exchange.WaitingIn = null;
        _waiting--;
        Stats.Add(ClusterStat.UpstreamRqPendingActive, -1);
    }

    private void Enqueue(HttpExchange exchange)
    {
        exchange.NextWaiting = null;
        exchange.WaitingIn = this;
        if (_waitingLast is null) _waitingFirst = exchange;
        else _waitingLast.NextWaiting = exchange;
        _waitingLast = exchange;
        _waiting++;
        Stats.Add(ClusterStat.UpstreamRqPendingActive);
    }
}
