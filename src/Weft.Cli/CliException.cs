namespace Weft.Cli;

/// <summary>
/// The environment or the user's input makes a command impossible. The message is a sentence that names the thing, the
/// cause and what to do; <see cref="WeftCommandLine"/> catches it once, prints it to stderr and ends with <see cref="Code"/>.
/// </summary>
public sealed class CliException(string message, int code = ExitCode.CannotRun, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The exit code to end with.</summary>
    public int Code { get; } = code;
}
