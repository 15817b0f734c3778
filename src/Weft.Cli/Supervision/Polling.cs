namespace Weft.Cli.Supervision;

/// <summary>Asks a starting process again and again, for want of an event that says that it serves.</summary>
internal static class Polling
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>The pause is this part of what the process has taken so far, so an answer comes at most so much later than it could.</summary>
    private const int Part = 10;

    /// <summary>True when the answer is yes; false when <paramref name="ended"/> completes before that.</summary>
    public static async Task<bool> UntilAsync(Func<CancellationToken, Task<bool>> question, Task ended, TimeProvider clock, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        while (!ended.IsCompleted)
        {
            if (await question(stop))
                return true;
            TimeSpan pause = clock.GetElapsedTime(started) / Part;
            await Task.WhenAny(ended, Task.Delay(pause < ShortestPause ? ShortestPause : pause < LongestPause ? pause : LongestPause, clock, stop));
            stop.ThrowIfCancellationRequested();
        }

        return false;
    }
}
