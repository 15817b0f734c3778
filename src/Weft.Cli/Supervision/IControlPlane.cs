
using Weft.Control.Discovery.Registry;
using Weft.Control.Hosting;

namespace Weft.Cli.Supervision;

/// <summary>What a supervisor of workloads asks of the control plane.</summary>
public interface IControlPlane
{
    /// <summary>Registers a workload, or replaces its registration; answers the token with which its proxy proves who it is.</summary>
    Task<string> RegisterAsync(WorkloadRegistration registration, CancellationToken stop);

    /// <summary>Removes a workload: it gets no traffic from now on.</summary>
    Task UnregisterAsync(string ns, string name, CancellationToken stop);

    /// <summary>The services as one workload sees them.</summary>
    Task<IReadOnlyList<NameReply>> NamesAsync(string ns, string name, LoopbackPrefix? prefix, CancellationToken stop);
}
