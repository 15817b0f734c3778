using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Weft.Cli.Output;
using Weft.Kernel;
using Weft.Kernel.Bpf;
using Weft.Kernel.ControlGroups;

namespace Weft.Cli.Commands;

/// <summary><c>weft kernel</c>: the kernel data path of this machine, for services that <c>weft up</c> does not start.</summary>
internal static class KernelCommands
{
    private const string DefaultName = "host";
    // What readers have to take what waits for them straight; it is in their receive queue already.
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(2);

    public static Command Create(CommandContext context)
    {
        Command command = new ExampleCommand(
            "kernel",
            "Join loopback connections in the kernel (eBPF), so that the hop between a service and its proxy does without TCP.",
            "sudo weft kernel test",
            "sudo weft kernel attach --cgroup /sys/fs/cgroup/system.slice",
            "sudo weft kernel status");
        command.Add(Test(context));
        command.Add(Attach(context));
        command.Add(Detach(context));
        command.Add(Status(context));
        return command;
    }

    private static ExampleCommand Test(CommandContext context)
    {
        ExampleCommand command = new("test", "Show whether this kernel keeps with joined connections what TCP promises. Exit 1 when it does not.", "sudo weft kernel test");
        command.SetAction((_, stop) => AsRootAsync(async () =>
        {
            string? wrong = await AccelerationSelfTest.RunAsync(stop);
            context.Terminal.Out.WriteLine(wrong ?? "Joined connections keep order, bounds, ends and wake-ups on this kernel.");
            return wrong is null ? ExitCode.Ok : ExitCode.Problems;
        }));
        return command;
    }

    private static ExampleCommand Attach(CommandContext context)
    {
        Option<string?> group = new("--cgroup") { Description = "The control group whose processes' connections are joined; the root group, which has all, when left out.", HelpName = "PATH" };
        Option<string> name = new("--name") { Description = "Tells several apart.", DefaultValueFactory = static _ => DefaultName };
        ExampleCommand command = new(
            "attach",
            "Join the loopback connections of a control group's processes that are made from now on. Stays until 'weft kernel detach' or the next boot.",
            "sudo weft kernel attach",
            "sudo weft kernel attach --name shop --cgroup /sys/fs/cgroup/shop.slice")
        {
            group, name,
        };
        command.SetAction((parsed, stop) => AsRootAsync(async () =>
        {
            string path = parsed.GetValue(group) ?? ControlGroup.Root ?? "/sys/fs/cgroup";
            ControlGroup target = ControlGroup.Open(path);
            if (await AccelerationSelfTest.RunAsync(stop) is { } wrong)
                throw new CliException($"Socket acceleration cannot be used on this kernel: {wrong}", ExitCode.Problems);
            SocketAcceleration.Attach(parsed.GetValue(name)!, target);
            context.Terminal.Step(Tone.Good, parsed.GetValue(name)!, $"attached to {path}");
            return ExitCode.Ok;
        }));
        return command;
    }

    private static ExampleCommand Detach(CommandContext context)
    {
        Option<string> name = new("--name") { Description = "Which.", DefaultValueFactory = static _ => DefaultName };
        ExampleCommand command = new("detach", "Let TCP carry joined connections again; none of them ends.", "sudo weft kernel detach") { name };
        command.SetAction((parsed, stop) => AsRootAsync(async () =>
        {
            if (SocketAcceleration.All().FirstOrDefault(one => one.Name == parsed.GetValue(name)) is not { } acceleration)
                throw new CliException($"Nothing is attached by the name '{parsed.GetValue(name)}'; 'weft kernel status' lists what is.", ExitCode.Problems);
            await acceleration.DetachAsync(s_drain, stop);
            context.Terminal.Step(Tone.Good, acceleration.Name, "detached");
            return ExitCode.Ok;
        }));
        return command;
    }

    private static ExampleCommand Status(CommandContext context)
    {
        Option<OutputFormat> output = CommonOptions.Output();
        ExampleCommand command = new("status", "Show what is attached and what it has done.", "sudo weft kernel status", "sudo weft kernel status -o json") { output };
        command.SetAction((parsed, _) => AsRootAsync(() =>
        {
            IReadOnlyList<(string Name, AccelerationCounters Counters)> all = [.. SocketAcceleration.All().Select(one => (one.Name, one.Read()))];
            if (parsed.GetValue(output) == OutputFormat.Table)
                WriteTable(context.Terminal, all);
            else
                Structured.Write(context.Terminal, parsed.GetValue(output), new JsonArray([.. all.Select(one => Tree(one.Name, one.Counters))]));
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    private static void WriteTable(Terminal terminal, IReadOnlyList<(string Name, AccelerationCounters Counters)> all)
    {
        if (all.Count == 0)
        {
            terminal.Out.WriteLine("Nothing is attached.");
            return;
        }

        Table table = new("NAME", "JOINED", "FORWARDED", "BYTES", "BY TCP", "REFUSED");
        foreach ((string name, AccelerationCounters counters) in all)
            table.Add(name, Text(counters.Joined), Text(counters.ForwardedMessages), Text(counters.ForwardedBytes), Text(counters.PassedMessages), Text(counters.Refused));
        table.Write(terminal);
    }

    private static JsonObject Tree(string name, AccelerationCounters counters) => new()
    {
        ["name"] = name,
        ["joined"] = counters.Joined,
        ["forwardedMessages"] = counters.ForwardedMessages,
        ["forwardedBytes"] = counters.ForwardedBytes,
        ["passedMessages"] = counters.PassedMessages,
        ["refused"] = counters.Refused,
    };

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<int> AsRootAsync(Func<Task<int>> action)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new CliException("The kernel data path needs root. Run it with sudo.");
        try
        {
            return await action();
        }
        catch (KernelOperationException failure)
        {
            throw new CliException(failure.Message);
        }
    }
}
