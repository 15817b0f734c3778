using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Weft.Cli.Commands;

namespace Weft.Cli;

/// <summary>
/// The <c>weft</c> command line: finds the command, runs it, and is the one place where a failure becomes a sentence on
/// stderr and an exit code (see <see cref="ExitCode"/> and docs/cli.md).
/// </summary>
public static class WeftCommandLine
{
    private static readonly string[] Examples =
    [
        "weft demo                          # the sample application in a mesh of its own",
        "weft up samples/bookshop/mesh      # a mesh from a directory of YAML",
        "weft validate samples/bookshop/mesh",
    ];

    /// <summary>Runs one command line; returns the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandContext context, CancellationToken stop = default)
    {
        RootCommand root = Build(context);
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0 && !AsksForHelp(parsed))
            return Refuse(parsed, context);
        try
        {
            InvocationConfiguration configuration = new()
            {
                Output = context.Terminal.Out,
                Error = context.Terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, stop);
        }
        catch (CliException error)
        {
            context.Terminal.Complain(error.Message);
            return error.Code;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The environment fails in a way that no command foresaw: a full disk, a file without permission.
            context.Terminal.Complain(WriteFailure.IsOfPlace(error) ? $"{error.Message}: {WriteFailure.Cause(error)}" : error.Message);
            return ExitCode.CannotRun;
        }
    }

    internal static RootCommand Build(CommandContext context)
    {
        RootCommand root = new("Weft, a service mesh: runs services beside proxies with mutual TLS, from Istio's YAML.");
        root.Add(DemoCommand.Create(context));
        root.Add(UpCommand.Create(context));
        root.Add(DownCommand.Create(context));
        root.Add(RunCommand.Create(context));
        root.Add(RestartCommand.Create(context));
        root.Add(StatusCommand.Create(context));
        root.Add(LogsCommand.Create(context));
        root.Add(ApplyCommand.Create(context));
        root.Add(GetCommand.Create(context));
        root.Add(DeleteCommand.Create(context));
        root.Add(ValidateCommand.Create(context));
        root.Add(ProxyConfigCommand.Create(context));
        root.Add(KernelCommands.Create(context));
        root.Add(VersionCommand.Create(context));
        root.Add(CompletionCommand.Create(context));
        root.Add(ControlPlaneCommand.Create(context));
        HelpOption help = root.Options.OfType<HelpOption>().First();
        help.Action = new ExampleHelp((HelpAction)help.Action!, Examples);
        return root;
    }

    private static bool AsksForHelp(ParseResult parsed) => parsed.Action is ExampleHelp;

    private static int Refuse(ParseResult parsed, CommandContext context)
    {
        Command command = parsed.CommandResult.Command;
        foreach (ParseError error in parsed.Errors.DistinctBy(error => error.Message))
            context.Terminal.Complain(error.Message);
        string path = string.Join(' ', Path(command));
        context.Terminal.Error.WriteLine($"See '{path} --help'.");
        return ExitCode.CannotRun;
    }

    private static IEnumerable<string> Path(Command command)
    {
        if (command.Parents.OfType<Command>().FirstOrDefault() is { } parent)
            return Path(parent).Append(command.Name);
        return ["weft"];
    }
}
