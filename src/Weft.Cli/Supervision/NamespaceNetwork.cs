using System.Collections.Immutable;
using System.Net;
using Weft.Control.Discovery.Registry;
using Weft.Control.Hosting;
using Weft.Kernel;
using Weft.Kernel.Capture;
using Weft.Kernel.Namespaces;

namespace Weft.Cli.Supervision;

/// <summary>
/// As root: each workload has a network namespace of its own, its traffic is captured there by nftables, and its proxy answers DNS. Programs need to know nothing of
/// the mesh. Gateways run in the host's namespace, where people reach them.
/// </summary>
public sealed class NamespaceNetwork : IMeshNetwork
{
    // Proxies keep root, which reads the state directory, and are told apart by Istio's group: see CaptureModel.
    private const uint ProxyGroup = 1337;
    private readonly MeshNetwork _mesh;
    private readonly LoopbackNetwork _gateways = new(privateHosts: false);
    private readonly HashSet<int> _taken = [];

    private NamespaceNetwork(MeshNetwork mesh) => _mesh = mesh;

    /// <inheritdoc/>
    public string ControlAddress => _mesh.HostAddress.ToString();

    /// <inheritdoc/>
    public string? CleanUpCommand =>
        $"for space in $(ip netns list | cut -d' ' -f1 | grep -E '^{_mesh.BridgeNamespace}(-|$)'); do ip netns delete $space; done";

    /// <summary>Makes the mesh's private network. Throws <see cref="CliException"/> with what is missing.</summary>
    /// <param name="name">Tells the meshes of one machine apart.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<NamespaceNetwork> CreateAsync(string name, CancellationToken cancel)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new CliException("Transparent capture makes network namespaces and nftables rules, which needs root. Run it with sudo, or leave --transparent out.");
        // Of the range for benchmarks (RFC 2544), which no network uses: one of 256 parts by name, 253 workloads in each.
        byte part = (byte)name.Aggregate(17, static (hash, c) => unchecked(hash * 31 + c));
        MeshNetwork mesh = new(name, new IPNetwork(new IPAddress([198, 18, part, 0]), 24));
        try
        {
            await NetworkNamespaces.CreateAsync(mesh, cancel);
        }
        catch (KernelOperationException failure)
        {
            throw new CliException(failure.Message);
        }

        return new NamespaceNetwork(mesh);
    }

    /// <inheritdoc/>
    public async Task<IWorkloadPlace> PlaceAsync(WorkloadDefinition workload, string directory, CancellationToken stop)
    {
        if (workload.IsGateway)
            return await _gateways.PlaceAsync(workload, directory, stop);
        int index = 2;
        while (!_taken.Add(index))
            index++;
        string name = $"{workload.Namespace}-{workload.Name}";
        try
        {
            IPAddress address = _mesh.Address(index);
            await NetworkNamespaces.AddWorkloadAsync(_mesh, name, address, stop);
            await TrafficCapture.ApplyAsync(new CaptureModel { ProxyGroupId = ProxyGroup }, _mesh.WorkloadNamespace(name), stop);
            return new Place(this, workload, name, index, address.ToString());
        }
        catch (Exception failure) when (failure is KernelOperationException or ArgumentException)
        {
            _taken.Remove(index);
            throw new CliException(failure.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gateways.DisposeAsync();
        await NetworkNamespaces.RemoveAsync(_mesh);
    }

    private sealed class Place(NamespaceNetwork network, WorkloadDefinition workload, string name, int index, string address) : IWorkloadPlace
    {
        public string Address => address;

        public string AdminAddress => "127.0.0.1";

        public LoopbackPrefix? Loopback => null;

        // The namespace is the workload's own: its program listens on the port that others dial, and capture puts the proxy between.
        public ImmutableArray<WorkloadPort> Ports { get; } =
            [.. workload.Ports.Select(port => new WorkloadPort(port.Name, port.Port, Listening(port), Listening(port), port.Protocol))];

        public IReadOnlyList<string> ProxyWrapper => NetworkNamespaces.CommandPrefix(network._mesh, name, ProxyGroup);

        public IReadOnlyList<string> AppWrapper => NetworkNamespaces.CommandPrefix(network._mesh, name);

        public uint? ProxyUser => null;

        public HealthProbe Probe { get; } = new(() => NamespaceSockets.OpenTcp(network._mesh.WorkloadNamespace(name)));

        public IReadOnlyDictionary<string, string?> AppEnvironment(IReadOnlyList<NameReply> names) =>
            Supervision.AppEnvironment.Transparent(workload, Ports.Length > 0 ? Ports[0].ApplicationPort : 0, names);

        public void ShowNames(IReadOnlyList<NameReply> names)
        {
            // The proxy's DNS has them.
        }

        public async ValueTask DisposeAsync()
        {
            Probe.Dispose();
            await NetworkNamespaces.RemoveWorkloadAsync(network._mesh, name);
            network._taken.Remove(index);
        }

        private static int Listening(PortDefinition port) => port.AppPort > 0 ? port.AppPort : port.Port;
    }
}
