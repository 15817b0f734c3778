using System.CommandLine;

namespace Weft.Cli.Commands;

/// <summary>A command whose help begins with examples.</summary>
internal sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Whole command lines, each with an optional remark after two spaces and a <c>#</c>.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}
