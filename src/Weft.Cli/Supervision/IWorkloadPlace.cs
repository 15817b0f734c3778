using System.Collections.Immutable;
using Weft.Control.Discovery.Registry;
using Weft.Control.Hosting;

namespace Weft.Cli.Supervision;

/// <summary>Where one workload runs: its addresses, and how its processes are started and reached there.</summary>
public interface IWorkloadPlace : IAsyncDisposable
{
    /// <summary>Where its proxy accepts for its neighbours.</summary>
    string Address { get; }

    /// <summary>Where its proxy's admin server listens; see <see cref="Probe"/>.</summary>
    string AdminAddress { get; }

    /// <summary>Its loopback network; null when its traffic is captured below it.</summary>
    LoopbackPrefix? Loopback { get; }

    /// <summary>Its ports, at its address and in the program.</summary>
    ImmutableArray<WorkloadPort> Ports { get; }

    /// <summary>What starts the proxy; see <see cref="LaunchRequest.Wrapper"/>.</summary>
    IReadOnlyList<string> ProxyWrapper { get; }

    /// <summary>What starts the program.</summary>
    IReadOnlyList<string> AppWrapper { get; }

    /// <summary>The user that the proxy runs as; null for the supervisor's own.</summary>
    uint? ProxyUser { get; }

    /// <summary>Variables for the program.</summary>
    IReadOnlyDictionary<string, string?> AppEnvironment(IReadOnlyList<NameReply> names);

    /// <summary>Brings what the program sees of the mesh's names up to date.</summary>
    void ShowNames(IReadOnlyList<NameReply> names);

    /// <summary>Asks what runs in the place; its 127.0.0.1 is the place's own. Ends with the place.</summary>
    HealthProbe Probe { get; }
}
