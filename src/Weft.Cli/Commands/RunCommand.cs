using System.Collections.Immutable;
using System.CommandLine;
using Weft.Cli.Output;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary><c>weft run --name NAME --port PORT -- CMD…</c>: one more process in the running mesh, in the foreground. Exits with the program's own code.</summary>
internal static class RunCommand
{
    public static Command Create(CommandContext context)
    {
        Option<string> name = new("--name") { Description = "What it is called in the mesh.", HelpName = "NAME", Required = true };
        Option<string[]> ports = new("--port", "-p") { Description = "A port that it serves: PORT, or NAME:PORT (http by default). The program listens on it at 127.0.0.1; $PORT says so too.", HelpName = "PORT" };
        Option<string?> account = new("--service-account") { Description = "Whose identity it gets; its name by default.", HelpName = "NAME" };
        Option<string[]> labels = new("--label", "-l") { Description = "A label KEY=VALUE; app=NAME is there already.", HelpName = "KEY=VALUE" };
        Option<string?> ns = CommonOptions.Namespace();
        Option<string?> state = CommonOptions.State();
        Argument<string[]> program = new("CMD") { Arity = ArgumentArity.OneOrMore, Description = "The program and its arguments, after --.", CaptureRemainingTokens = true };
        ExampleCommand command = new(
            "run",
            "Mesh one more process: it gets a proxy, an identity and a name that others call.",
            "weft run --name orders --port 5001 -- dotnet run",
            "weft run --name stock -p http:7000 -p grpc:7001 -l version=v2 -- ./stock")
        {
            name, ports, account, labels, ns, state, program,
        };
        command.SetAction(async (parsed, stop) =>
        {
            StateDirectory directory = StateDirectory.Locate(parsed.GetValue(state), context.Environment);
            directory.RequireRunning();
            string called = parsed.GetValue(name)!;
            WorkloadDefinition definition = new()
            {
                Name = called,
                Namespace = parsed.GetValue(ns) ?? "default",
                ServiceAccount = parsed.GetValue(account) ?? called,
                Labels = Labels(called, parsed.GetValue(labels) ?? []),
                Ports = [.. (parsed.GetValue(ports) ?? []).Select(Port)],
                Command = [.. parsed.GetValue(program)!],
                WorkingDirectory = context.CurrentDirectory,
                Restart = RestartRule.Never,
            };
            return await RunAsync(context, directory, definition, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, StateDirectory directory, WorkloadDefinition definition, CancellationToken stop)
    {
        MeshDescription mesh = directory.Describe() ?? throw new CliException($"{directory.Description} cannot be read.");
        using StopSignals signals = new(static () => { }, stop);
        await using LoopbackNetwork network = new(await PrivateHosts.IsPossibleAsync(directory.WorkloadDirectory(definition), context.Clock));
        using ControlPlaneClient client = new(directory, context.Clock);
        await using ProcessGuard guard = ProcessGuard.Start();
        guard.AtEnd($"rm -f '{directory.RegistrationFile(definition.Namespace, definition.Name)}'");
        LogHub logs = new(context.Clock);
        using CancellationTokenSource printing = new();
        Task printer = PrintAsync(context.Terminal, logs, printing.Token);
        WorkloadEnvironment environment = new()
        {
            State = directory,
            ProxyProgram = Installation.RequireProxy(context),
            ControlPlane = client,
            ControlEndpoints = ControlPlaneEndpoints.Of(mesh.ControlAddress, directory),
            Guard = guard,
            Logs = logs,
            Clock = context.Clock,
            OnChange = workload => Show(context.Terminal, workload),
        };
        WorkloadSupervisor supervisor = new(environment, definition, await network.PlaceAsync(definition, directory.WorkloadDirectory(definition), signals.Token));
        await supervisor.RunAsync(signals.Token);
        await printing.CancelAsync();
        await printer;
        return supervisor.ExitCode;
    }

    private static void Show(Terminal terminal, WorkloadSupervisor workload)
    {
        if (workload.State == WorkloadState.Ready && workload.Detail.Length == 0)
            terminal.Step(Tone.Good, workload.Definition.Name, $"in the mesh as {workload.Definition.Identity()}");
        else if (workload.State is WorkloadState.Failed or WorkloadState.Restarting)
            terminal.Step(Tone.Bad, workload.Definition.Name, workload.Detail.Split('\n')[0]);
    }

    private static async Task PrintAsync(Terminal terminal, LogHub logs, CancellationToken stop)
    {
        try
        {
            await foreach (LogLine line in logs.FollowAsync(0, static (_, part) => part == "app", stop))
                terminal.Out.WriteLine(line.Text);
        }
        catch (OperationCanceledException)
        {
            // The program has ended.
        }
    }

    private static ImmutableSortedDictionary<string, string> Labels(string name, string[] given)
    {
        ImmutableSortedDictionary<string, string>.Builder labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        labels["app"] = name;
        foreach (string label in given)
        {
            string[] sides = label.Split('=', 2);
            if (sides.Length != 2)
                throw new CliException($"The label '{label}' is not of the form KEY=VALUE.");
            labels[sides[0]] = sides[1];
        }

        return labels.ToImmutable();
    }

    private static PortDefinition Port(string text)
    {
        int colon = text.LastIndexOf(':');
        string number = text[(colon + 1)..];
        return int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535
            ? new PortDefinition(colon < 0 ? "http" : text[..colon], port, port)
            : throw new CliException($"The port '{text}' is not a number from 1 to 65535, with a name and a colon before it if you like.");
    }
}
