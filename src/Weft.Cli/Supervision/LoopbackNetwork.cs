using System.Collections.Immutable;
using System.Net.Sockets;
using Weft.Control.Discovery.Registry;
using Weft.Control.Hosting;

namespace Weft.Cli.Supervision;

/// <summary>
/// Without privileges: each workload has a loopback prefix; programs reach the mesh through <c>http_proxy</c>, and by name where the
/// kernel allows a private <c>/etc/hosts</c>.
/// </summary>
public sealed class LoopbackNetwork(bool privateHosts) : IMeshNetwork
{
    private readonly LoopbackAddresses _addresses = new();
    private string? _control;

    /// <inheritdoc/>
    public string ControlAddress => _control ??= _addresses.Take().Address;

    /// <inheritdoc/>
    public Task<IWorkloadPlace> PlaceAsync(WorkloadDefinition workload, string directory, CancellationToken stop) =>
        Task.FromResult<IWorkloadPlace>(new Place(this, workload, directory));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _addresses.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Place : IWorkloadPlace
    {
        // Unprivileged processes cannot bind lower ports: a proxy accepts for port 80 on 20080.
        private const int FirstUnprivilegedPort = 1024;
        private const int LowPortOffset = 20000;

        private readonly LoopbackNetwork _network;
        private readonly WorkloadDefinition _workload;
        private readonly string? _hostsFile;
        private readonly LoopbackPrefix _prefix;

        public Place(LoopbackNetwork network, WorkloadDefinition workload, string directory)
        {
            _network = network;
            _workload = workload;
            _prefix = network._addresses.Take();
            _hostsFile = network.PrivateHosts && !workload.IsGateway ? Path.Combine(directory, "hosts") : null;
            Ports = [.. workload.Ports.Select(port => new WorkloadPort(
                port.Name, port.Port, port.Port < FirstUnprivilegedPort ? port.Port + LowPortOffset : port.Port,
                port.AppPort > 0 ? port.AppPort : LoopbackAddresses.FreePort(), port.Protocol))];
        }

        public string Address => _prefix.Address;

        public string AdminAddress => _prefix.Address;

        public LoopbackPrefix? Loopback => _workload.IsGateway ? null : _prefix;

        public ImmutableArray<WorkloadPort> Ports { get; }

        public IReadOnlyList<string> ProxyWrapper => [];

        public IReadOnlyList<string> AppWrapper => _hostsFile is null ? [] : Supervision.PrivateHosts.Wrapper(_hostsFile);

        public uint? ProxyUser => null;

        public IReadOnlyDictionary<string, string?> AppEnvironment(IReadOnlyList<NameReply> names) =>
            Supervision.AppEnvironment.Loopback(_workload, _prefix, Ports.Length > 0 ? Ports[0].ApplicationPort : 0, names);

        public void ShowNames(IReadOnlyList<NameReply> names)
        {
            if (_hostsFile is not null)
                HostsFile.Write(_hostsFile, names);
        }

        public HealthProbe Probe { get; } = new(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

        public ValueTask DisposeAsync()
        {
            _network._addresses.Return(_prefix);
            Probe.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private bool PrivateHosts { get; } = privateHosts;
}
