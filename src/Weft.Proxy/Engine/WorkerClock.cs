using System.Diagnostics;

namespace Weft.Proxy.Engine;

/// <summary>
/// A worker's time: read once for each round of the loop. Durations come from the monotonic clock; the wall clock for log lines is
/// the monotonic one plus an offset that is looked up again every second, so a step of the system's clock moves no timer.
/// </summary>
internal sealed class WorkerClock
{
    private readonly TimeProvider _time;
    private long _wallCheckedMs = long.MinValue;
    private long _wallOffsetNs;

    public WorkerClock(TimeProvider time)
    {
        _time = time;
        Update();
    }

    /// <summary>Monotonic nanoseconds.</summary>
    public long NowNs { get; private set; }

    /// <summary>Monotonic milliseconds.</summary>
    public long NowMs { get; private set; }

    /// <summary>Nanoseconds since 1970 of the current round.</summary>
    public long WallNs => NowNs + _wallOffsetNs;

    public void Update()
    {
        long ticks = Stopwatch.GetTimestamp();
        NowNs = Stopwatch.Frequency == 1_000_000_000 ? ticks : (long)(ticks * (1e9 / Stopwatch.Frequency));
        NowMs = NowNs / 1_000_000;
        if (NowMs - _wallCheckedMs < 1000 && _wallCheckedMs != long.MinValue) return;
        _wallCheckedMs = NowMs;
        _wallOffsetNs = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100 - NowNs;
    }
}
