namespace Weft.Cli;

/// <summary>What every command's exit code means; documented in docs/cli.md. <c>weft run</c> ends with its child's code instead.</summary>
public static class ExitCode
{
    /// <summary>The command did what it was asked, and there is nothing to object to.</summary>
    public const int Ok = 0;

    /// <summary>The command ran and the answer is no: errors were found, an object does not exist, a proxy is not in sync.</summary>
    public const int Problems = 1;

    /// <summary>The command could not run: a wrong argument, an unreadable file, no running mesh.</summary>
    public const int CannotRun = 2;
}
