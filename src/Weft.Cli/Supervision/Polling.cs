namespace Weft.Cli.Supervision;

/// <summary>Asks a starting process again and again, for want of an event that says that it serves.</summary>
internal static class Polling
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>True when the answer is yes; false when <paramref name="ended"/> completes before that.</summary>
    public static async Task<bool> UntilAsync(Func<CancellationToken, Task<bool>> question, Task ended, TimeProvider clock, CancellationToken stop)
    {
        TimeSpan pause = ShortestPause;
        while (!ended.IsCompleted)
        {
            if (await question(stop))
                return true;
            await Task.WhenAny(ended, Task.Delay(pause, clock, stop));
            stop.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        return false;
    }
}
