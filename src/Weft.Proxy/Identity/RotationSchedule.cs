namespace Weft.Proxy.Identity;

/// <summary>When to renew and when to try again: pure arithmetic with the random number handed in. Figures of Istio: half of the life, plus or minus one hundredth of it.</summary>
internal static class RotationSchedule
{
    private const double Share = 0.5;
    private const double Jitter = 0.01;

    /// <param name="notBefore">Beginning of the certificate.</param>
    /// <param name="notAfter">End of the certificate.</param>
    /// <param name="received">When it arrived: authorities put the beginning a little into the past, and half of what is left must remain.</param>
    /// <param name="random">Evenly from 0 to 1.</param>
    internal static DateTimeOffset Renewal(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset received, double random)
    {
        DateTimeOffset begin = received > notBefore ? received : notBefore;
        return begin + (notAfter - begin) * (Share + Jitter * (2 * random - 1));
    }

    /// <param name="failures">Failed requests in a row, from 1.</param>
    /// <param name="first">The first pause.</param>
    /// <param name="longest">The longest pause.</param>
    /// <param name="random">Evenly from 0 to 1.</param>
    internal static TimeSpan BackOff(int failures, TimeSpan first, TimeSpan longest, double random)
    {
        double pause = Math.Min(longest.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        return TimeSpan.FromMilliseconds(pause * (0.5 + random / 2));
    }
}
