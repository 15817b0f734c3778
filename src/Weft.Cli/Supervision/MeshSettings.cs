using Weft.Cli.Output;

namespace Weft.Cli.Supervision;

/// <summary>What <c>weft up</c> was asked for.</summary>
public sealed record MeshSettings
{
    /// <summary>The directory of YAML, absolute.</summary>
    public required string Directory { get; init; }

    public required StateDirectory State { get; init; }

    /// <summary>The <c>weft-proxy</c> executable.</summary>
    public required string ProxyProgram { get; init; }

    /// <summary>The <c>weft</c> executable, which is the control plane's program too.</summary>
    public required string WeftProgram { get; init; }

    public required Terminal Terminal { get; init; }

    /// <summary>Makes the network, given the state directory; called once.</summary>
    public required Func<StateDirectory, Task<IMeshNetwork>> Network { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Worker threads of each proxy.</summary>
    public int ProxyConcurrency { get; init; } = 1;

    /// <summary>Whether the programs' lines are shown as they come.</summary>
    public bool ShowLogs { get; init; } = true;

    /// <summary>Called once, when everything that the directory holds at the start serves.</summary>
    public Action<MeshReport, TimeSpan> OnReady { get; init; } = static (_, _) => { };
}
