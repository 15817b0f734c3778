namespace Weft.Policy.Resilience;

/// <summary>
/// Takes endpoints of one cluster out of rotation after failures in a row and lets them back in after a time that grows with each ejection
/// (Envoy's outlier detection). Workers report outcomes without a lock; only an ejection itself, and the tick, take one. Any thread; the time
/// is a monotonic clock's milliseconds, given by the caller.
/// </summary>
public sealed class OutlierDetector
{
    private readonly Lock _lock = new();
    private OutlierHost[] _hosts = [];
    private OutlierSettings _settings;
    private int _ejected;
    private int _version;

    /// <summary>A detector without endpoints.</summary>
    public OutlierDetector(OutlierSettings settings) => _settings = settings;

    /// <summary>Changes whenever an endpoint is ejected or let back in; whoever caches what is usable compares it.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>How many endpoints are out now.</summary>
    public int Ejected => Volatile.Read(ref _ejected);

    /// <summary>New settings; they hold from the next event on.</summary>
    public OutlierSettings Settings
    {
        get => Volatile.Read(ref _settings);
        set => Volatile.Write(ref _settings, value);
    }

    /// <summary>The endpoints now in force. One that is no longer listed is forgotten, and its ejection with it.</summary>
    public void SetHosts(IReadOnlyList<OutlierHost> hosts)
    {
        lock (_lock)
        {
            foreach (OutlierHost host in _hosts)
                host.IsListed = false;
            foreach (OutlierHost host in hosts)
                host.IsListed = true;
            foreach (OutlierHost gone in _hosts.Where(host => !host.IsListed))
                gone.IsEjected = false;
            _hosts = [.. hosts];
            Volatile.Write(ref _ejected, _hosts.Count(host => host.IsEjected));
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>Takes note of how a request ended; true when that ejected the endpoint.</summary>
    /// <param name="host">The endpoint.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="random">A random number, for events of which only a share is enforced.</param>
    public bool Report(OutlierHost host, OutlierOutcome outcome, long nowMs, uint random) => (Judge(host, outcome, nowMs, random) & OutlierEvents.Ejected) != 0;

    /// <summary>As <see cref="Report"/>, and says what was detected and what came of it.</summary>
    public OutlierEvents Judge(OutlierHost host, OutlierOutcome outcome, long nowMs, uint random)
    {
        OutlierSettings settings = Settings;
        switch (outcome)
        {
            case OutlierOutcome.Success:
                // Written only when something was counted, so that good traffic does not pull one cache line through all cores.
                Reset(ref host.ServerErrors);
                Reset(ref host.GatewayErrors);
                if (!settings.SplitLocalOriginErrors)
                    Reset(ref host.LocalFailures);
                return OutlierEvents.None;
            case OutlierOutcome.ConnectSuccess:
                Reset(ref host.LocalFailures);
                return OutlierEvents.None;
            case OutlierOutcome.ConnectFailure or OutlierOutcome.LocalFailure when settings.SplitLocalOriginErrors:
                return Reached(ref host.LocalFailures, settings.ConsecutiveLocalOriginFailure)
                    ? OutlierEvents.LocalOriginFailure | Act(host, settings, nowMs, Enforced(settings.EnforcingLocalOriginFailurePercent, random)) : OutlierEvents.None;
            case OutlierOutcome.GatewayError or OutlierOutcome.ConnectFailure:
                OutlierEvents events = OutlierEvents.None;
                if (Reached(ref host.GatewayErrors, settings.ConsecutiveGatewayFailure))
                    events = OutlierEvents.GatewayFailure | Act(host, settings, nowMs, Enforced(settings.EnforcingGatewayFailurePercent, random));
                return events | JudgeServerError(host, settings, nowMs, random, events);
            default:
                Reset(ref host.GatewayErrors);
                return JudgeServerError(host, settings, nowMs, random, OutlierEvents.None);
        }
    }

    // An endpoint that was just ejected for another reason is not ejected twice.
    private OutlierEvents JudgeServerError(OutlierHost host, OutlierSettings settings, long nowMs, uint random, OutlierEvents before) =>
        Reached(ref host.ServerErrors, settings.Consecutive5xx)
            ? OutlierEvents.ServerError | Act(host, settings, nowMs, (before & OutlierEvents.Ejected) == 0 && Enforced(settings.Enforcing5xxPercent, random))
            : OutlierEvents.None;

    private OutlierEvents Act(OutlierHost host, OutlierSettings settings, long nowMs, bool enforced) =>
        !enforced ? OutlierEvents.None : Eject(host, settings, nowMs);

    /// <summary>
    /// To be called once in each interval: lets endpoints whose time is up back in, and forgives those that have behaved by one step. True when any came back.
    /// </summary>
    public bool Tick(long nowMs)
    {
        lock (_lock)
        {
            bool changed = false;
            OutlierSettings settings = Settings;
            foreach (OutlierHost host in _hosts)
            {
                if (!host.IsEjected)
                {
                    host.Multiplier = Math.Max(0, host.Multiplier - 1);
                    continue;
                }

                if (nowMs - host.EjectedAtMs < EjectionMs(settings, host.Multiplier))
                    continue;
                host.ResetCounters();
                host.IsEjected = false;
                Volatile.Write(ref _ejected, _ejected - 1);
                changed = true;
            }

            if (changed)
                Interlocked.Increment(ref _version);
            return changed;
        }
    }

    private OutlierEvents Eject(OutlierHost host, OutlierSettings settings, long nowMs)
    {
        lock (_lock)
        {
            if (host.IsEjected || !host.IsListed)
                return OutlierEvents.None;
            if (100L * (_ejected + 1) > (long)settings.MaxEjectionPercent * _hosts.Length)
                return OutlierEvents.Overflow;
            if (host.Multiplier * settings.BaseEjectionTime.TotalMilliseconds < LongestMs(settings) + settings.BaseEjectionTime.TotalMilliseconds)
                host.Multiplier++;
            host.EjectedAtMs = nowMs;
            host.IsEjected = true;
            Volatile.Write(ref _ejected, _ejected + 1);
            Interlocked.Increment(ref _version);
            return OutlierEvents.Ejected;
        }
    }

    private static double EjectionMs(OutlierSettings settings, int multiplier) => Math.Min(settings.BaseEjectionTime.TotalMilliseconds * multiplier, LongestMs(settings));

    private static double LongestMs(OutlierSettings settings) => Math.Max(settings.MaxEjectionTime.TotalMilliseconds, settings.BaseEjectionTime.TotalMilliseconds);

    private static void Reset(ref int counter)
    {
        if (Volatile.Read(ref counter) != 0)
            Volatile.Write(ref counter, 0);
    }

    /// <summary>Exactly when the threshold is reached, so that one run is one event.</summary>
    private static bool Reached(ref int counter, uint threshold) => (uint)Interlocked.Increment(ref counter) == threshold;

    private static bool Enforced(uint percent, uint random) => percent >= 100 || random % 100 < percent;
}
