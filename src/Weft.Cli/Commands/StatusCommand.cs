using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json;
using Weft.Cli.Client;
using Weft.Cli.Output;
using Weft.Cli.Supervision;
using Weft.Control.Hosting;

namespace Weft.Cli.Commands;

/// <summary><c>weft status</c>: workloads, their proxies, in sync or not, and what a proxy refused. Exit 1 when something is not as it should be.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandContext context)
    {
        Option<OutputFormat> output = CommonOptions.Output();
        Option<string?> state = CommonOptions.State();
        ExampleCommand command = new(
            "status",
            "Show what runs: workloads, proxies, whether each has the newest configuration, and what it refused.",
            "weft status",
            "weft status -o json | jq '.workloads[] | select(.state != \"Ready\")'")
        {
            output, state,
        };
        command.SetAction(async (parsed, stop) =>
        {
            StateDirectory directory = StateDirectory.Locate(parsed.GetValue(state), context.Environment);
            directory.RequireRunning();
            using SupervisorClient supervisor = new(directory);
            MeshReport report = await supervisor.ReportAsync(stop);
            (IReadOnlyList<ProxyReply> proxies, string? trouble) = await SyncAsync(directory, context.Clock, stop);
            if (parsed.GetValue(output) == OutputFormat.Table)
                WriteTable(context.Terminal, report, proxies, trouble);
            else
                Structured.Write(context.Terminal, parsed.GetValue(output), Tree(report, proxies));
            bool well = report.ControlPlane.Ready && trouble is null
                && report.Workloads.All(workload => workload.State is WorkloadState.Ready or WorkloadState.Completed)
                && proxies.All(proxy => proxy.Errors.Count == 0);
            return well ? ExitCode.Ok : ExitCode.Problems;
        });
        return command;
    }

    /// <summary>The table of workloads, for this command and for <c>weft demo</c>.</summary>
    public static void WriteWorkloads(Terminal terminal, MeshReport report, IReadOnlyList<ProxyReply>? proxies)
    {
        Dictionary<string, ProxyReply>? byNode = proxies?.ToDictionary(proxy => proxy.NodeId);
        Table table = byNode is null ? new("WORKLOAD", "STATE", "ADDRESS", "IDENTITY") : new("WORKLOAD", "STATE", "PROXY", "ADDRESS", "IDENTITY");
        foreach (WorkloadReport workload in report.Workloads)
        {
            string name = workload.Namespace == "default" ? workload.Name : $"{workload.Namespace}/{workload.Name}";
            string address = string.Join(',', workload.Ports.Select(port => $"{workload.Address}:{port.ToString(CultureInfo.InvariantCulture)}").DefaultIfEmpty(workload.Address));
            List<(string, Tone)> row = [(name, Tone.Strong), StateCell(workload), (address, Tone.Plain), (workload.Identity, Tone.Faint)];
            if (byNode is not null)
                row.Insert(2, ProxyCell(workload, byNode.GetValueOrDefault(workload.NodeId)));
            table.Add([.. row]);
        }

        table.Write(terminal);
    }

    private static void WriteTable(Terminal terminal, MeshReport report, IReadOnlyList<ProxyReply> proxies, string? trouble)
    {
        ControlPlaneReport control = report.ControlPlane;
        terminal.Out.WriteLine($"mesh           {report.Mesh.Directory}, since {report.Mesh.StartedAt.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}");
        string restarts = control.Restarts == 0 ? "" : $", restarted {control.Restarts.ToString(CultureInfo.InvariantCulture)} times";
        terminal.Out.WriteLine($"control plane  {(control.Ready ? terminal.ForOut(Tone.Good, "ready") : terminal.ForOut(Tone.Bad, "down"))} at {control.Address}{restarts}");
        foreach (string url in report.Urls)
            terminal.Out.WriteLine($"open           {terminal.ForOut(Tone.Accent, url)}");
        terminal.Out.WriteLine();
        WriteWorkloads(terminal, report, proxies);
        foreach (WorkloadReport workload in report.Workloads.Where(workload => workload.Detail.Length > 0))
            terminal.Out.WriteLine($"\n{terminal.ForOut(Tone.Bad, workload.Name)}: {workload.Detail}");
        WriteSlowPorts(terminal, report);
        foreach (ProxyReply proxy in proxies.Where(proxy => proxy.Errors.Count > 0))
        {
            terminal.Out.WriteLine($"\n{terminal.ForOut(Tone.Bad, "refused by")} {proxy.NodeId}:");
            foreach (string error in proxy.Errors)
                terminal.Out.WriteLine($"    {error}");
        }

        if (trouble is not null)
            terminal.Complain(trouble);
    }

    /// <summary>The ports that are slow because nothing says what they speak, and what to write.</summary>
    public static void WriteSlowPorts(Terminal terminal, MeshReport report)
    {
        foreach (WorkloadReport workload in report.Workloads)
        {
            foreach (SlowPort slow in workload.SlowPorts)
                terminal.Out.WriteLine($"\n{terminal.ForOut(Tone.Warning, $"slow at {workload.Name}")}: {slow.Sentence()}");
        }
    }

    private static (string, Tone) StateCell(WorkloadReport workload)
    {
        string restarts = workload.AppRestarts > 0 ? $" ({workload.AppRestarts.ToString(CultureInfo.InvariantCulture)} restarts)" : "";
        return workload.State switch
        {
            WorkloadState.Ready => ("ready" + restarts, Tone.Good),
            WorkloadState.Completed => ("completed", Tone.Faint),
            WorkloadState.Failed => ("failed", Tone.Bad),
            WorkloadState.Unhealthy => ("unhealthy", Tone.Bad),
            WorkloadState.Restarting => ("restarting" + restarts, Tone.Bad),
            WorkloadState.StartingProxy => ("starting proxy", Tone.Warning),
            WorkloadState.Waiting => ("waiting", Tone.Warning),
            _ => (workload.State.ToString().ToLowerInvariant(), Tone.Warning),
        };
    }

    private static (string, Tone) ProxyCell(WorkloadReport workload, ProxyReply? proxy) =>
        !workload.ProxyReady ? ("down", Tone.Bad)
        : proxy is null || !proxy.Connected ? ("not connected", Tone.Warning)
        : proxy.Errors.Count > 0 ? ("refused", Tone.Bad)
        : proxy.Synced ? ("in sync", Tone.Good)
        : ("behind", Tone.Warning);

    private static async Task<(IReadOnlyList<ProxyReply> Proxies, string? Trouble)> SyncAsync(StateDirectory directory, TimeProvider clock, CancellationToken stop)
    {
        using ControlPlaneClient client = new(directory, clock);
        try
        {
            return (await client.ProxiesAsync(stop), null);
        }
        catch (CliException error)
        {
            return ([], error.Message);
        }
    }

    private static JsonObject Tree(MeshReport report, IReadOnlyList<ProxyReply> proxies)
    {
        JsonObject tree = JsonSerializer.SerializeToNode(report, SupervisionJson.Default.MeshReport)!.AsObject();
        Dictionary<string, ProxyReply> byNode = proxies.ToDictionary(proxy => proxy.NodeId);
        foreach (JsonObject workload in tree["workloads"]!.AsArray().Cast<JsonObject>())
        {
            ProxyReply? proxy = byNode.GetValueOrDefault((string)workload["nodeId"]!);
            workload["proxyConnected"] = proxy?.Connected ?? false;
            workload["proxySynced"] = proxy?.Synced ?? false;
            workload["proxyErrors"] = new JsonArray([.. (proxy?.Errors ?? []).Select(error => JsonValue.Create(error))]);
        }

        return tree;
    }
}
