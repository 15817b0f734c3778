using System.Collections.Immutable;

namespace Weft.Cli.Supervision;

/// <summary>What is to run beside a proxy: a Workload resource, a gateway that a Gateway resource asks for, or the command of <c>weft run</c>.</summary>
public sealed record WorkloadDefinition
{
    public required string Name { get; init; }

    public required string Namespace { get; init; }

    /// <summary>True for a gateway: a proxy without a program.</summary>
    public bool IsGateway { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public string ServiceAccount { get; init; } = "default";

    /// <summary>The Service it joins when no selector picks it; null means label <c>app</c>, else the name.</summary>
    public string? Service { get; init; }

    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Absolute.</summary>
    public string WorkingDirectory { get; init; } = "/";

    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableArray<PortDefinition> Ports { get; init; } = [];

    public HealthDefinition? Health { get; init; }

    public RestartRule Restart { get; init; } = RestartRule.Always;

    /// <summary>The name of the signal that asks the program to end.</summary>
    public string StopSignal { get; init; } = "SIGTERM";

    /// <summary>Names of workloads that must be ready first.</summary>
    public ImmutableArray<string> WaitFor { get; init; } = [];

    /// <summary><c>namespace/name</c>, unique in a mesh.</summary>
    public string Key => $"{Namespace}/{Name}";

    /// <summary>The SPIFFE identity that its proxy gets.</summary>
    public string Identity(string trustDomain = "cluster.local") => $"spiffe://{trustDomain}/ns/{Namespace}/sa/{ServiceAccount}";

    /// <summary>True when both would run the same way: nothing has to be restarted.</summary>
    public bool RunsLike(WorkloadDefinition other) => Fingerprint() == other.Fingerprint();

    private string Fingerprint() => string.Join('\u001f', [
        Key, IsGateway.ToString(), ServiceAccount, Service, WorkingDirectory, Restart.ToString(), StopSignal,
        string.Join('\u001e', Command), string.Join('\u001e', WaitFor), string.Join('\u001e', Ports), Health?.ToString(),
        string.Join('\u001e', Labels), string.Join('\u001e', Environment)]);
}
