using System.CommandLine;
using Weft.Cli.Output;
using Weft.Cli.Supervision;

namespace Weft.Cli.Commands;

/// <summary><c>weft up DIR</c>: runs the mesh that a directory of YAML describes, follows its changes, and ends with everything on Ctrl-C.</summary>
internal static class UpCommand
{
    public static Command Create(CommandContext context)
    {
        Argument<string> directory = new("DIR") { Description = "A directory of YAML: Workloads, Services, VirtualServices, …" };
        Option<bool> quiet = new("--quiet", "-q") { Description = "Do not show what the programs write; 'weft logs' has it." };
        Option<int> concurrency = new("--concurrency") { Description = "Worker threads of each proxy.", HelpName = "THREADS", DefaultValueFactory = static _ => 1 };
        Option<bool> transparent = new("--transparent") { Description = "Give each program a network namespace and capture its traffic there, with DNS for the mesh's names; needs root." };
        Option<bool> accelerate = new("--accelerate") { Description = "Join loopback connections between the mesh's processes in the kernel (eBPF), after a test of the kernel; needs root." };
        Option<string?> state = CommonOptions.State();
        ExampleCommand command = new(
            "up",
            "Run a mesh from a directory of YAML, each program beside its proxy, and follow changes to the files.",
            "weft up samples/bookshop/mesh",
            "weft up . --quiet",
            "sudo weft up . --transparent",
            "sudo weft up . --accelerate")
        {
            directory, quiet, concurrency, transparent, accelerate, state,
        };
        command.SetAction(async (parsed, stop) =>
        {
            string path = context.FullPath(parsed.GetValue(directory)!);
            if (!Directory.Exists(path))
                throw new CliException($"{parsed.GetValue(directory)} is not a directory.");
            RequireReadable(path);
            MeshSettings settings = Settings(context, path, parsed.GetValue(state)) with
            {
                ShowLogs = !parsed.GetValue(quiet),
                ProxyConcurrency = parsed.GetValue(concurrency),
                OnReady = (report, took) => ShowReady(context.Terminal, report, took),
            };
            if (parsed.GetValue(transparent))
                settings = settings with { Network = async files => await NamespaceNetwork.CreateAsync(NetworkName(files.Path), stop) };
            if (parsed.GetValue(accelerate))
            {
                Func<StateDirectory, Task<IMeshNetwork>> inner = settings.Network;
                settings = settings with { Network = async files => await AcceleratedNetwork.CreateAsync(await inner(files), NetworkName(files.Path), stop) };
            }

            return await RunAsync(settings, stop);
        });
        return command;
    }

    /// <summary>The settings that <c>up</c> and <c>demo</c> share.</summary>
    public static MeshSettings Settings(CommandContext context, string directory, string? state) => new()
    {
        Directory = directory,
        State = StateDirectory.Locate(state, context.Environment),
        ProxyProgram = Installation.RequireProxy(context),
        WeftProgram = Installation.Self(),
        Terminal = context.Terminal,
        Clock = context.Clock,
        Network = async files => new LoopbackNetwork(await PrivateHosts.IsPossibleAsync(files.Path, context.Clock)),
    };

    /// <summary>Runs a mesh until a signal; the second signal ends at once, and the guard does the rest.</summary>
    public static async Task<int> RunAsync(MeshSettings settings, CancellationToken stop)
    {
        using StopSignals signals = new(() => settings.Terminal.Error.WriteLine("Stopping…"), stop);
        await new MeshSupervisor(settings).RunAsync(signals.Token);
        settings.Terminal.Step(Tone.Good, "mesh", "stopped");
        return ExitCode.Ok;
    }

    private static void RequireReadable(string directory)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(directory).Any();
        }
        catch (UnauthorizedAccessException error)
        {
            throw new CliException($"{directory} cannot be read: permission is denied. Make it readable, or use a directory of your own.", inner: error);
        }
    }

    /// <summary>One name for each state directory, the same on every start, so that what a killed mesh left behind is found and replaced.</summary>
    private static string NetworkName(string path) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(path)))[..8];

    private static void ShowReady(Terminal terminal, MeshReport report, TimeSpan took)
    {
        int ready = report.Workloads.Count(workload => workload.State == WorkloadState.Ready);
        Tone tone = ready == report.Workloads.Count ? Tone.Good : Tone.Bad;
        terminal.Step(tone, "mesh", $"{ready} of {report.Workloads.Count} workloads ready in {took.TotalSeconds:0.0} s; Ctrl-C stops everything");
        foreach (string url in report.Urls)
            terminal.Step(Tone.Good, "open", terminal.ForError(Tone.Accent, url));
    }
}
