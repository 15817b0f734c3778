namespace Weft.Policy.Retries;

/// <summary>
/// How long to wait before a retry: doubling intervals with full jitter, so that clients that failed together do not come back together
/// (Envoy's JitteredExponentialBackOffStrategy).
/// </summary>
public static class BackOff
{
    /// <summary>
    /// A delay of at least zero and less than <c>min(base × 2^(retry − 1), max)</c>.
    /// </summary>
    /// <param name="policy">Gives base and maximum.</param>
    /// <param name="retry">Which retry this is, from 1.</param>
    /// <param name="random">A random number.</param>
    public static TimeSpan Delay(RetryPolicy policy, uint retry, ulong random)
    {
        ArgumentOutOfRangeException.ThrowIfZero(retry);
        long interval = policy.BackOffBase.Ticks;
        long max = policy.BackOffMax.Ticks;
        for (uint i = 1; i < retry && interval < max; i++)
            interval *= 2;
        interval = Math.Min(interval, max);
        return interval <= 0 ? TimeSpan.Zero : new TimeSpan((long)(random % (ulong)interval));
    }
}
