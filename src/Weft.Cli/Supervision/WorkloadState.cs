namespace Weft.Cli.Supervision;

/// <summary>Where a workload is in its life, as <c>weft status</c> shows it.</summary>
public enum WorkloadState
{
    /// <summary>Waits for the workloads named in <c>waitFor</c>.</summary>
    Waiting,

    /// <summary>Its proxy is starting; the program is not started before the proxy is ready.</summary>
    StartingProxy,

    /// <summary>The program runs and does not answer yet.</summary>
    Starting,

    /// <summary>Program and proxy serve.</summary>
    Ready,

    /// <summary>The program runs and no longer answers its health check; it gets no traffic.</summary>
    Unhealthy,

    /// <summary>The program or the proxy ended and is started again after a pause.</summary>
    Restarting,

    /// <summary>The program ended and its restart policy says that this is all.</summary>
    Completed,

    /// <summary>The program cannot be started, or ended badly and is not restarted.</summary>
    Failed,

    /// <summary>Stopped with the mesh.</summary>
    Stopped,
}
