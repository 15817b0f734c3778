using System.CommandLine;
using Weft.Cli.Store;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary>Finds the directory that <c>get</c>, <c>apply</c> and <c>delete</c> work on: <c>--dir</c>, else that of the running mesh.</summary>
internal sealed class MeshLocation(CommandContext context)
{
    private readonly Option<string?> _directory = new("--dir") { Description = "A directory of YAML, instead of the running mesh's.", HelpName = "DIR" };
    private readonly Option<string?> _state = CommonOptions.State();

    /// <summary>The options that choose it.</summary>
    public void AddTo(Command command)
    {
        command.Add(_directory);
        command.Add(_state);
    }

    /// <summary>The store for one command line.</summary>
    public ResourceStore Open(ParseResult parsed)
    {
        string? directory = parsed.GetValue(_directory);
        if (directory is null)
        {
            StateDirectory state = StateDirectory.Locate(parsed.GetValue(_state), context.Environment);
            state.RequireRunning();
            directory = state.Describe()?.Directory ?? throw new CliException($"{state.Description} cannot be read; name the directory with --dir.");
        }

        string path = context.FullPath(directory);
        return Directory.Exists(path) ? new ResourceStore(path, context) : throw new CliException($"{directory} is not a directory.");
    }
}
