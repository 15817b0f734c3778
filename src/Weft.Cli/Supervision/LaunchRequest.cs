namespace Weft.Cli.Supervision;

/// <summary>A program to start: what, where, and with which environment on top of the supervisor's own.</summary>
public sealed record LaunchRequest
{
    /// <summary>The program (found on PATH when it has no slash) and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Where it starts.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Added to the supervisor's environment; a null value removes the variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Programs that each start the rest of their own command line, outermost first (setsid, unshare, ip netns exec).</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Receives each line that the program writes, without its end; on any thread.</summary>
    public required Action<string> OnLine { get; init; }
}
