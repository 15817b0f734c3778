using System.Diagnostics;

namespace Weft.Proxy.Configuration;

/// <summary>
/// Applying a large configuration is tens of milliseconds of work on a thread that shares its CPU with workers. The kernel lets it run up to a tick
/// (4 ms at 250 Hz) while a worker waits that has just had more than its share; so the work gives way by itself, often enough that no request notices
/// and seldom enough that it gets done on a machine where others want the CPU too.
/// </summary>
internal static class WorkPace
{
    private static readonly long s_between = Stopwatch.Frequency / 2000;

    [ThreadStatic]
    private static long s_since;

    /// <summary>Lets whoever waits for this CPU go first, when half a millisecond has passed since it last did.</summary>
    public static void GiveWay()
    {
        if (Stopwatch.GetTimestamp() - s_since < s_between)
        {
            return;
        }

        Thread.Yield();
        s_since = Stopwatch.GetTimestamp();
    }
}
