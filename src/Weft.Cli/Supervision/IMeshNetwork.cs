namespace Weft.Cli.Supervision;

/// <summary>How the workloads of a mesh get their addresses and how their traffic reaches their proxies. Disposing it leaves nothing behind.</summary>
public interface IMeshNetwork : IAsyncDisposable
{
    /// <summary>Where the control plane listens so that every proxy reaches it.</summary>
    string ControlAddress { get; }

    /// <summary>A shell command of one line that removes what is left of it should the supervisor die; null when nothing can be left.</summary>
    string? CleanUpCommand => null;

    /// <summary>Makes a place for one workload; its owner disposes it.</summary>
    Task<IWorkloadPlace> PlaceAsync(WorkloadDefinition workload, string directory, CancellationToken stop);
}
