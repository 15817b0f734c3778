using Weft.Proxy.Listeners;
using Weft.Proxy.Model;

namespace Weft.Proxy.Admin;

/// <summary>What the admin pages show and change: the running proxy. All members may be called on any thread.</summary>
public interface IAdminTarget
{
    /// <summary>Live once every listener of the first configuration is open.</summary>
    ServerState State { get; }

    /// <summary>Why the proxy is not ready, as a sentence; empty when it is.</summary>
    string WaitingFor { get; }

    /// <summary>The configuration in force.</summary>
    ProxySnapshot Snapshot { get; }

    /// <summary>The bootstrap's <c>node.id</c> and <c>node.cluster</c>.</summary>
    (string Id, string Cluster) Node { get; }

    /// <summary>How many processes of this proxy were replaced by the next while serving.</summary>
    int RestartEpoch { get; }

    /// <summary>For how long there has been a process of this proxy, this one or one before it.</summary>
    TimeSpan Age { get; }

    /// <summary>How many workers there are.</summary>
    int Concurrency { get; }

    /// <summary>How many connections clients have open.</summary>
    long DownstreamConnections { get; }

    /// <summary>The ports whose clients waited because their protocol is found out by looking.</summary>
    IReadOnlyList<SlowDetection> SlowDetections { get; }

    /// <summary>Where a listener is bound, with the port that the kernel chose; none when it has no socket.</summary>
    NetworkAddress BoundAddress(string listener);

    /// <summary>Writes the configuration as Envoy's <c>/config_dump</c> does: JSON, <c>{"configs":[…]}</c>, no private keys.</summary>
    void WriteConfigDump(Stream stream, bool includeEndpoints);

    /// <summary>Fails (or mends) the health checks that others make of this proxy, so that they send no new work; meanwhile every response closes its connection.</summary>
    void FailHealthCheck(bool fail);

    /// <summary>Closes the listeners and lets open exchanges finish; the process goes on.</summary>
    void DrainListeners();

    /// <summary>Ends the process in good order. Returns at once.</summary>
    void Quit();

    /// <summary>How much the proxy says: <c>error</c>, <c>warning</c>, <c>info</c> or <c>debug</c>.</summary>
    string LogLevel { get; set; }
}
