namespace Weft.Cli.Tests;

/// <summary>What a command line came to.</summary>
internal sealed record CommandResult(int Code, string Out, string Error);
