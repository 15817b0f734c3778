using Weft.Policy.Routes;

namespace Weft.Policy.Retries;

/// <summary>When, how often and where to retry (Envoy's RetryPolicy). Immutable; any thread.</summary>
public sealed record RetryPolicy
{
    /// <summary>Which failures are retried.</summary>
    public required RetryConditions On { get; init; }

    /// <summary>Tries beyond the first.</summary>
    public uint Retries { get; init; } = 1;

    /// <summary>Time for each try; null or zero for none of its own.</summary>
    public TimeSpan? PerTryTimeout { get; init; }

    /// <summary>Time without any byte for each try; null or zero for none.</summary>
    public TimeSpan? PerTryIdleTimeout { get; init; }

    /// <summary>Statuses that are retried with <see cref="RetryConditions.RetriableStatusCodes"/>.</summary>
    public IReadOnlyList<uint> StatusCodes { get; init; } = [];

    /// <summary>Response headers that are retried with <see cref="RetryConditions.RetriableHeaders"/>.</summary>
    public IReadOnlyList<HeaderCondition> ResponseHeaders { get; init; } = [];

    /// <summary>Conditions of which the request must fulfil one to be retried at all; none for any request.</summary>
    public IReadOnlyList<HeaderCondition> RequestHeaders { get; init; } = [];

    /// <summary>Whether endpoints that were tried are avoided.</summary>
    public bool AvoidPreviousHosts { get; init; }

    /// <summary>How often another endpoint is drawn when one is to be avoided.</summary>
    public int HostSelectionAttempts { get; init; } = 1;

    /// <summary>After how many tries priorities that were tried are left out; 0 for never.</summary>
    public int PreviousPrioritiesFrequency { get; init; }

    /// <summary>The first interval of the back-off.</summary>
    public TimeSpan BackOffBase { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>The longest interval of the back-off.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromMilliseconds(250);
}
