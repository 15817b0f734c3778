namespace Weft.Cli.Supervision;

/// <summary>What all workloads of one supervisor share.</summary>
public sealed record WorkloadEnvironment
{
    public required StateDirectory State { get; init; }

    /// <summary>The <c>weft-proxy</c> executable.</summary>
    public required string ProxyProgram { get; init; }

    public required IControlPlane ControlPlane { get; init; }

    public required ControlPlaneEndpoints ControlEndpoints { get; init; }

    public required ProcessGuard Guard { get; init; }

    public required LogHub Logs { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Worker threads of each proxy.</summary>
    public int ProxyConcurrency { get; init; } = 1;

    /// <summary>Called on any thread whenever a workload's state changes.</summary>
    public Action<WorkloadSupervisor> OnChange { get; init; } = static _ => { };

    /// <summary>Completes when the named workload is ready; for <c>waitFor</c>.</summary>
    public Func<string, CancellationToken, Task> WhenReady { get; init; } = static (_, _) => Task.CompletedTask;
}
