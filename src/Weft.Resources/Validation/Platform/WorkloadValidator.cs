using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;
using Weft.V1Alpha1;

namespace Weft.Resources.Validation.Platform;

/// <summary>Rules for Weft's own kind: a local process to run.</summary>
internal static class WorkloadValidator
{
    private const string SignalPrefix = "SIG";
    private static readonly string[] Signals = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGWINCH"];

    public static void Check(Scope at, Workload workload)
    {
        if (workload.Command.Count == 0 || workload.Command[0].Length == 0)
            at["command"].Report(ValueDiagnostics.Required, "is required.", "Write command: [./my-program, --port, \"8080\"].");
        for (int i = 0; i < workload.Command.Count; i++)
        {
            if (workload.Command[i].Contains('\0', StringComparison.Ordinal))
                at["command"][i].Report(TrafficDiagnostics.Workload, "holds a NUL character.", "Remove it.");
        }
        foreach (string name in workload.Env.Keys)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
                at["env"][name].Report(ValueDiagnostics.Name, "is no name of an environment variable.", "Use letters, digits and _.");
        }
        CheckPorts(at["ports"], workload);
        if (workload.ServiceAccount.Length > 0 && !Names.IsDnsSubdomain(workload.ServiceAccount))
            at["serviceAccount"].Report(ValueDiagnostics.Name, $"cannot be \"{workload.ServiceAccount}\".", "Use lower-case letters, digits, - and ..");
        if (workload.Service.Length > 0 && !Names.IsKubernetesLabel(workload.Service))
            at["service"].Report(ValueDiagnostics.Name, $"cannot be \"{workload.Service}\".", "Write the name of a Service of the same namespace, without its domain.");
        if (workload.Health is { } health)
            CheckHealth(at["health"], health, workload);
        if (workload.StopSignal.Length > 0)
            CheckSignal(at["stopSignal"], workload.StopSignal);
        CheckWaits(at["waitFor"], workload);
    }

    private static void CheckPorts(Scope at, Workload workload)
    {
        HashSet<string> names = [];
        HashSet<uint> ports = [], appPorts = [];
        for (int i = 0; i < workload.Ports.Count; i++)
        {
            WorkloadPort port = workload.Ports[i];
            ValueRules.Port(at[i]["port"], port.Port);
            ValueRules.OptionalPort(at[i]["appPort"], port.AppPort);
            if (!ports.Add(port.Port))
                at[i]["port"].Report(ValueDiagnostics.Duplicate, $"repeats the port {port.Port}.", "Each port of the service is written once.");
            if (!appPorts.Add(port.AppPort == 0 ? port.Port : port.AppPort))
                at[i].Report(ValueDiagnostics.Duplicate, "listens on the same port of the process as an earlier one.", "Give it another appPort.");
            if (port.Name.Length > 0)
                ValueRules.DnsLabel(at[i]["name"], port.Name);
            if (port.Name.Length > 0 && !names.Add(port.Name))
                at[i]["name"].Report(ValueDiagnostics.Duplicate, $"repeats the port name \"{port.Name}\".", "Give each port its own name.");
            if (port.Protocol.Length > 0)
                ValueRules.Protocol(at[i]["protocol"], port.Protocol);
        }
    }

    private static void CheckHealth(Scope at, HealthCheck health, Workload workload)
    {
        ValueRules.OptionalPort(at["port"], health.Port);
        if (health.Port == 0 && workload.Ports.Count == 0)
            at["port"].Report(ValueDiagnostics.Required, "is required, because the workload has no ports.", "Write port: 8080.");
        if (health.Path.Length > 0 && !health.Path.StartsWith('/'))
            at["path"].Report(TrafficDiagnostics.Probe, $"is \"{health.Path}\", but must begin with /.", $"Write /{health.Path}.");
        ValueRules.Duration(at["interval"], health.Interval);
        ValueRules.Duration(at["timeout"], health.Timeout);
    }

    private static void CheckSignal(Scope at, string signal)
    {
        string full = signal.StartsWith(SignalPrefix, StringComparison.Ordinal) ? signal : SignalPrefix + signal;
        if (!Signals.Contains(full))
            at.Report(TrafficDiagnostics.Workload, $"is no signal: \"{signal}\".", EditDistance.Nearest(full, Signals) is { } near ? $"Did you mean {near}?" : $"Write one of {string.Join(", ", Signals)}.");
    }

    private static void CheckWaits(Scope at, Workload workload)
    {
        ValueRules.NoDuplicates(at.Here(), workload.WaitFor);
        for (int i = 0; i < workload.WaitFor.Count; i++)
        {
            if (workload.WaitFor[i] == at.Resource.Name)
                at[i].Report(TrafficDiagnostics.Workload, "is the workload itself: it would wait for ever.", "Remove the item.");
        }
    }
}
