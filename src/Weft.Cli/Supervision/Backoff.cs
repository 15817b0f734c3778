namespace Weft.Cli.Supervision;

/// <summary>
/// The pause before a restart: 100 ms, doubled with each failure, 10 s at most, and back to the start once a process has
/// lived for 30 s.
/// </summary>
public struct Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);
    private int _failures;

    /// <summary>The pause after a process that lived for <paramref name="lived"/>.</summary>
    public TimeSpan Next(TimeSpan lived)
    {
        if (lived >= Settled)
            _failures = 0;
        TimeSpan pause = First * Math.Pow(2, Math.Min(_failures, 10));
        _failures++;
        return pause < Longest ? pause : Longest;
    }
}
