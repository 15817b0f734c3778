using System.CommandLine;
using System.Text.Json;
using Weft.Cli.Client;
using Weft.Cli.Output;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary><c>weft logs [SERVICE]</c>: what the programs of a service wrote. Exit 1 when nothing of that name runs.</summary>
internal static class LogsCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string?> service = new("SERVICE") { Arity = ArgumentArity.ZeroOrOne, Description = "A service, a workload, or control-plane; all programs when not given." };
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with new lines until Ctrl-C." };
        Option<int> tail = new("--tail") { Description = "How many of the last lines.", HelpName = "LINES", DefaultValueFactory = static _ => 100 };
        Option<bool> proxy = new("--proxy") { Description = "What the proxies wrote, instead of the programs." };
        Option<OutputFormat> output = CommonOptions.Output();
        Option<string?> state = CommonOptions.State();
        ExampleCommand command = new(
            "logs",
            "Show what a service wrote.",
            "weft logs reviews              # all versions of reviews",
            "weft logs reviews-v2 -f        # one workload, and go on",
            "weft logs storefront --proxy   # what its proxy says")
        {
            service, follow, tail, proxy, output, state,
        };
        command.SetAction(async (parsed, stop) =>
        {
            StateDirectory directory = StateDirectory.Locate(parsed.GetValue(state), context.Environment);
            directory.RequireRunning();
            using SupervisorClient supervisor = new(directory);
            LogPrinter printer = new(context.Terminal, new LogHub(context.Clock));
            IAsyncEnumerable<LogLine> lines = supervisor.LogsAsync(parsed.GetValue(service), parsed.GetValue(proxy) ? "proxy" : "app", parsed.GetValue(tail), parsed.GetValue(follow), stop);
            await foreach (LogLine line in lines)
            {
                if (parsed.GetValue(output) == OutputFormat.Table)
                    printer.Print(line);
                else
                    context.Terminal.Out.WriteLine(JsonSerializer.Serialize(line, LineJson.Default.LogLine));
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
