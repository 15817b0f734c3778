using Weft.Proxy.Model;

namespace Weft.Proxy.Clusters;

/// <summary>
/// The runtime state of a cluster that outlives its configuration and is shared by the workers: what its circuit breakers count, and what
/// DNS found. Counters are atomic; a check and its increment are two steps, so a bound may be passed by one per worker, as in Envoy.
/// </summary>
public sealed class ClusterState(string name, int id)
{
    private EndpointSetModel? _resolved;
    private int _connections;
    private int _pending;
    private int _requests;
    private int _retries;

    public string Name { get; } = name;

    /// <summary>Index of the cluster in each worker's table.</summary>
    internal int Id { get; } = id;

    /// <summary>Outlier detection's memory; used by clusters that ask for it.</summary>
    internal ClusterOutliers Outliers { get; } = new();

    /// <summary>Set when a snapshot without the cluster was published.</summary>
    internal volatile bool IsRemoved;

    /// <summary>What DNS found last; null before the first answer and for clusters without DNS.</summary>
    internal EndpointSetModel? Resolved
    {
        get => Volatile.Read(ref _resolved);
        set => Volatile.Write(ref _resolved, value);
    }

    /// <summary>Open upstream connections, including those being made.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Requests that wait for a connection.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Requests that were handed to a connection and are not over.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Retries that are not over.</summary>
    public int Retries => Volatile.Read(ref _retries);

    internal bool TryAddConnection(CircuitBreakerModel limits) => TryAdd(ref _connections, limits.MaxConnections);

    internal void RemoveConnection() => Interlocked.Decrement(ref _connections);

    internal bool TryAddPending(CircuitBreakerModel limits) => TryAdd(ref _pending, limits.MaxPendingRequests);

    internal void RemovePending() => Interlocked.Decrement(ref _pending);

    internal bool TryAddRequest(CircuitBreakerModel limits) => TryAdd(ref _requests, limits.MaxRequests);

    internal void RemoveRequest() => Interlocked.Decrement(ref _requests);

    internal bool TryAddRetry(CircuitBreakerModel limits)
    {
        uint bound = limits.RetryBudgetPercent > 0
            ? (uint)Math.Max(limits.RetryBudgetPercent / 100 * ((long)Requests + Pending), limits.MinRetryConcurrency)
            : limits.MaxRetries;
        return TryAdd(ref _retries, bound);
    }

    internal void RemoveRetry() => Interlocked.Decrement(ref _retries);

    private static bool TryAdd(ref int counter, uint bound)
    {
        if ((uint)Volatile.Read(ref counter) >= bound) return false;
        Interlocked.Increment(ref counter);
        return true;
    }
}
