using System.CommandLine;
using Weft.Cli.Output;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary><c>weft demo</c>: the bookshop of <c>samples/</c> in a mesh, with what to try next.</summary>
internal static class DemoCommand
{
    public static Command Create(CommandContext context)
    {
        Option<bool> logs = new("--logs") { Description = "Show what the services write." };
        Option<string?> state = CommonOptions.State();
        ExampleCommand command = new("demo", "Run the sample application: four services in four languages, each beside its proxy.", "weft demo", "weft demo --logs") { logs, state };
        command.SetAction(async (parsed, stop) =>
        {
            string directory = Installation.Checkout(context) is { } checkout ? Path.Combine(checkout, "samples", "bookshop", "mesh") : "";
            if (!Directory.Exists(directory))
                throw new CliException("The sample application is not there: 'weft demo' runs from a checkout, as './weft demo'.");
            context.Terminal.Error.WriteLine(context.Terminal.ForError(Tone.Strong, "The bookshop, in a mesh of its own"));
            return await UpCommand.RunAsync(
                UpCommand.Settings(context, directory, parsed.GetValue(state)) with
                {
                    ShowLogs = parsed.GetValue(logs),
                    OnReady = (report, took) => ShowReady(context.Terminal, report, took),
                },
                stop);
        });
        return command;
    }

    private static void ShowReady(Terminal terminal, MeshReport report, TimeSpan took)
    {
        int ready = report.Workloads.Count(workload => workload.State == WorkloadState.Ready);
        terminal.Out.WriteLine();
        StatusCommand.WriteWorkloads(terminal, report, proxies: null);
        terminal.Out.WriteLine();
        string count = $"{ready} of {report.Workloads.Count} ready in {took.TotalSeconds:0.0} s";
        string url = report.Urls.Count > 0 ? report.Urls[0] : "";
        terminal.Out.WriteLine($"{terminal.ForOut(ready == report.Workloads.Count ? Tone.Good : Tone.Bad, count)}   open {terminal.ForOut(Tone.Accent, url)}");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("Three things to try, in another terminal:");
        Hint(terminal, $"curl -s {url}api/books/1/reviews", "again and again: v2 and v3 answer in turn");
        Hint(terminal, $"curl -s -H 'end-user: tester' {url}api/books/1/reviews", "a header decides: testers see v1");
        Hint(terminal, "./weft status", "who runs, and whether each proxy has the newest configuration; then edit samples/bookshop/mesh/reviews.yaml");
        terminal.Out.WriteLine($"\n{terminal.ForOut(Tone.Faint, "Ctrl-C stops everything.")}");
    }

    private static void Hint(Terminal terminal, string command, string remark) =>
        terminal.Out.WriteLine($"  {terminal.ForOut(Tone.Strong, command)}{(remark.Length > 0 ? "   " + terminal.ForOut(Tone.Faint, "# " + remark) : "")}");
}
