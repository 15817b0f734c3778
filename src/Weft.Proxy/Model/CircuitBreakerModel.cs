namespace Weft.Proxy.Model;

/// <summary>Bounds of a cluster at one routing priority, over all workers.</summary>
public sealed class CircuitBreakerModel
{
    /// <summary>Envoy's defaults.</summary>
    public static CircuitBreakerModel Default { get; } = new();

    public uint MaxConnections { get; init; } = 1024;

    public uint MaxPendingRequests { get; init; } = 1024;

    public uint MaxRequests { get; init; } = 1024;

    public uint MaxRetries { get; init; } = 3;

    /// <summary>When positive, retries are bounded by this percentage of active and pending requests instead of by <see cref="MaxRetries"/>.</summary>
    public double RetryBudgetPercent { get; init; }

    public uint MinRetryConcurrency { get; init; } = 3;
}
