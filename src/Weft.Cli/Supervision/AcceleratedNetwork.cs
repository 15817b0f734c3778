using Weft.Kernel;
using Weft.Kernel.Bpf;
using Weft.Kernel.ControlGroups;

namespace Weft.Cli.Supervision;

/// <summary>
/// A network whose processes have their loopback connections joined in the kernel (<see cref="SocketAcceleration"/>). The supervisor moves into a control group of the
/// mesh's own, in which every process that it starts begins.
/// </summary>
public sealed class AcceleratedNetwork : IMeshNetwork
{
    private readonly IMeshNetwork _network;
    private readonly ControlGroup _home;
    private readonly ControlGroup _group;
    private readonly SocketAcceleration _acceleration;

    private AcceleratedNetwork(IMeshNetwork network, ControlGroup home, ControlGroup group, SocketAcceleration acceleration) =>
        (_network, _home, _group, _acceleration) = (network, home, group, acceleration);

    /// <inheritdoc/>
    public string ControlAddress => _network.ControlAddress;

    /// <inheritdoc/>
    public string? CleanUpCommand
    {
        get
        {
            // The guard is in the group itself.
            string own = $"echo 0 > {_home.Path}/cgroup.procs; {_acceleration.DetachCommand}; rmdir {_group.Path}";
            return _network.CleanUpCommand is { } first ? $"{first}; {own}" : own;
        }
    }

    /// <summary>Tests the kernel, and joins what starts from now on. Throws <see cref="CliException"/> with the reason when it cannot.</summary>
    /// <param name="network">Places the workloads; disposed with this one, and when this one cannot be made.</param>
    /// <param name="name">Tells the meshes of one machine apart.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<AcceleratedNetwork> CreateAsync(IMeshNetwork network, string name, CancellationToken cancel)
    {
        ControlGroup? home = null, group = null;
        SocketAcceleration? acceleration = null;
        try
        {
            if (!Environment.IsPrivilegedProcess)
                throw new CliException("Socket acceleration loads eBPF programs, which needs root. Run it with sudo, or leave --accelerate out.");
            if (await AccelerationSelfTest.RunAsync(cancel) is { } wrong)
                throw new CliException($"Socket acceleration cannot be used on this kernel: {wrong} Leave --accelerate out.");
            group = ControlGroup.Create("weft-" + name);
            home = ControlGroup.Current();
            acceleration = SocketAcceleration.Attach(name, group);
            group.Add(Environment.ProcessId);
            return new AcceleratedNetwork(network, home, group, acceleration);
        }
        catch (Exception failure)
        {
            home?.Add(Environment.ProcessId);
            if (acceleration is not null)
                await acceleration.DetachAsync(TimeSpan.Zero, CancellationToken.None);
            group?.TryRemove();
            await network.DisposeAsync();
            if (failure is KernelOperationException)
                throw new CliException(failure.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<IWorkloadPlace> PlaceAsync(WorkloadDefinition workload, string directory, CancellationToken stop) => _network.PlaceAsync(workload, directory, stop);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        _home.Add(Environment.ProcessId);
        await _acceleration.DetachAsync(TimeSpan.Zero);
        _group.TryRemove();
    }
}
