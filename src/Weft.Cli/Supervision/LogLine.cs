namespace Weft.Cli.Supervision;

/// <summary>One line that a process of the mesh wrote.</summary>
/// <param name="Source">The workload, or <c>control-plane</c>.</param>
/// <param name="Part">Which of its processes: <c>app</c> or <c>proxy</c>.</param>
/// <param name="At">When it was read.</param>
/// <param name="Text">The line without its end.</param>
public sealed record LogLine(string Source, string Part, DateTimeOffset At, string Text);
