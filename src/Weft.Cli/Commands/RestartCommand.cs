using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Cli.Client;
using Weft.Cli.Output;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary>
/// <c>weft restart [SERVICE…]</c>: replaces proxies by new processes, one after the other, without a failed request. Exit 1 when one could not be replaced;
/// it serves on, and those behind it are left alone.
/// </summary>
internal static class RestartCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string[]> services = new("SERVICE") { Arity = ArgumentArity.ZeroOrMore, Description = "Services or workloads; all proxies when none is given." };
        Option<OutputFormat> output = CommonOptions.Output();
        Option<string?> state = CommonOptions.State();
        ExampleCommand command = new(
            "restart",
            "Replace proxies by new processes (of a new build, when weft-proxy was replaced on disk), one after the other, while they serve. Programs are left alone.",
            "weft restart                   # every proxy of the mesh",
            "weft restart reviews           # the proxies of all versions of reviews",
            "weft restart storefront -o json")
        {
            services, output, state,
        };
        command.SetAction(async (parsed, stop) =>
        {
            StateDirectory directory = StateDirectory.Locate(parsed.GetValue(state), context.Environment);
            directory.RequireRunning();
            using SupervisorClient supervisor = new(directory);
            bool isTable = parsed.GetValue(output) == OutputFormat.Table;
            JsonArray done = [];
            ProxyReplacement? failed = null;
            await foreach (ProxyReplacement replacement in supervisor.ReplaceProxiesAsync(parsed.GetValue(services) ?? [], stop))
            {
                if (replacement.Error is not null)
                    failed = replacement;
                if (isTable)
                    Show(context.Terminal, replacement);
                else
                    done.Add(JsonSerializer.SerializeToNode(replacement, LineJson.Default.ProxyReplacement));
            }

            if (!isTable)
                Structured.Write(context.Terminal, parsed.GetValue(output), done);
            if (failed is not null)
                context.Terminal.Complain($"The proxies behind {failed.Name} were left as they are.");
            return failed is null ? ExitCode.Ok : ExitCode.Problems;
        });
        return command;
    }

    private static void Show(Terminal terminal, ProxyReplacement replacement)
    {
        string name = replacement.Namespace == "default" ? replacement.Name : $"{replacement.Namespace}/{replacement.Name}";
        if (replacement.Error is { } error)
            terminal.Step(Tone.Bad, name, error);
        else
            terminal.Step(Tone.Good, name, string.Create(CultureInfo.InvariantCulture, $"process {replacement.OldProcessId} → {replacement.NewProcessId} in {replacement.Seconds:0.0} s"));
    }
}
