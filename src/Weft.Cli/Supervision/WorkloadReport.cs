namespace Weft.Cli.Supervision;

/// <summary>One workload: who it is, where it is, how it is.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsGateway">True for a proxy without a program.</param>
/// <param name="Address">Where its proxy accepts.</param>
/// <param name="Identity">The SPIFFE identity.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Detail">What there is to say about the state, or empty.</param>
/// <param name="ProxyReady">Whether its proxy serves.</param>
/// <param name="ProxyProcessId">The proxy, when it runs.</param>
/// <param name="AppProcessId">The program, when it runs.</param>
/// <param name="ProxyRestarts">How often the proxy was started again.</param>
/// <param name="AppRestarts">How often the program was started again.</param>
/// <param name="Ports">Where it can be reached at its address.</param>
/// <param name="AdminAddress">The proxy's admin server.</param>
/// <param name="NodeId">The proxy's name in xDS.</param>
public sealed record WorkloadReport(
    string Namespace,
    string Name,
    bool IsGateway,
    string Address,
    string Identity,
    WorkloadState State,
    string Detail,
    bool ProxyReady,
    int? ProxyProcessId,
    int? AppProcessId,
    int ProxyRestarts,
    int AppRestarts,
    IReadOnlyList<int> Ports,
    string AdminAddress,
    string NodeId)
{
    /// <summary>Ports whose clients waited at the workload's proxy because their protocol is found out by looking.</summary>
    public IReadOnlyList<SlowPort> SlowPorts { get; init; } = [];
}
