using Weft.Cli.Output;

namespace Weft.Cli.Commands;

/// <summary>
/// What every command gets from outside, so that none touches the process's own state: where to write, the clock, the
/// environment, the current directory and where Weft's own files are.
/// </summary>
public sealed class CommandContext
{
    /// <summary>Where to write.</summary>
    public required Terminal Terminal { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Environment variables by name.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>What relative paths start from.</summary>
    public string CurrentDirectory { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>Stdin, for <c>-f -</c>.</summary>
    public Func<Stream> Input { get; init; } = Console.OpenStandardInput;

    /// <summary>The absolute form of a path that the user gave.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, CurrentDirectory);
}
