using System.Globalization;
using System.Net;

namespace Weft.Kernel.Namespaces;

/// <summary>
/// Makes and removes the namespaces of a <see cref="MeshNetwork"/> with <c>ip</c>. Needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN). What a call made is removed again when the call
/// fails, and removing a namespace takes its interfaces, routes and rules with it, so nothing is left behind.
/// </summary>
public static class NetworkNamespaces
{
    /// <summary>Makes the bridge's namespace and the host's leg, after removing what an earlier run may have left under this name.</summary>
    public static async Task CreateAsync(MeshNetwork mesh, CancellationToken cancel = default)
    {
        await RemoveAsync(mesh, cancel).ConfigureAwait(false);
        string space = mesh.BridgeNamespace, leg = mesh.HostInterface;
        try
        {
            await IpAsync(["netns", "add", space], "", $"Making the network namespace '{space}'", cancel).ConfigureAwait(false);
            await BatchAsync(space, $"link set lo up\nlink add br0 type bridge\nlink set br0 up\nlink add name {leg} mtu 1500 type veth peer name host\nlink set host master br0\nlink set host up\n", $"Making the bridge in '{space}'", cancel).ConfigureAwait(false);
            // The leg is made inside and pushed out, so that nothing is outside before it has its peer. Process 1 lives in the host's namespace.
            await IpAsync(["-n", space, "link", "set", leg, "netns", "1"], "", "Connecting the mesh network with the host", cancel).ConfigureAwait(false);
            await BatchAsync(null, $"address add {mesh.HostAddress}/{mesh.Subnet.PrefixLength} dev {leg}\nlink set {leg} up\n", $"Giving the host the address {mesh.HostAddress}", cancel).ConfigureAwait(false);
        }
        catch
        {
            await RemoveAsync(mesh, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes a workload's namespace with its address, connected to the bridge, with the host as its default gateway.</summary>
    public static async Task AddWorkloadAsync(MeshNetwork mesh, string workload, IPAddress address, CancellationToken cancel = default)
    {
        if (!mesh.Subnet.Contains(address) || address.Equals(mesh.HostAddress))
            throw new ArgumentException($"The address {address} of workload '{workload}' is not a free one of the mesh network {mesh.Subnet}.");
        string space = mesh.WorkloadNamespace(workload), port = MeshNetwork.BridgePort(workload);
        await IpAsync(["netns", "add", space], "", $"Making the network namespace '{space}'", cancel).ConfigureAwait(false);
        try
        {
            await BatchAsync(space, $"link set lo up\nlink add name eth0 mtu 1500 type veth peer name {port} netns {mesh.BridgeNamespace}\naddress add {address}/{mesh.Subnet.PrefixLength} dev eth0\nlink set eth0 up\nroute add default via {mesh.HostAddress}\n", $"Giving workload '{workload}' the address {address}", cancel).ConfigureAwait(false);
            await BatchAsync(mesh.BridgeNamespace, $"link set {port} master br0\nlink set {port} up\n", $"Connecting workload '{workload}' to the mesh network", cancel).ConfigureAwait(false);
        }
        catch
        {
            await DeleteAsync(space, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Removes a workload's namespace; nothing happens when there is none.</summary>
    public static async Task RemoveWorkloadAsync(MeshNetwork mesh, string workload, CancellationToken cancel = default)
    {
        string space = mesh.WorkloadNamespace(workload);
        if ((await ListAsync(mesh, cancel).ConfigureAwait(false)).Contains(space))
            await DeleteAsync(space, cancel).ConfigureAwait(false);
    }

    /// <summary>Removes all namespaces of the mesh, also those that an earlier run left behind.</summary>
    public static async Task RemoveAsync(MeshNetwork mesh, CancellationToken cancel = default)
    {
        foreach (string space in await ListAsync(mesh, cancel).ConfigureAwait(false))
            await DeleteAsync(space, cancel).ConfigureAwait(false);
        // The kernel takes interfaces down after the namespace's name is gone; a new mesh of the same name must not meet the old leg.
        await KernelCommand.TryRunAsync("ip", ["link", "delete", mesh.HostInterface], "", "Removing the host's leg of the mesh network", cancel).ConfigureAwait(false);
    }

    /// <summary>The namespaces of the mesh that exist.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(MeshNetwork mesh, CancellationToken cancel = default)
    {
        string output = await IpAsync(["netns", "list"], "", "Listing network namespaces", cancel).ConfigureAwait(false);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')[0])
            .Where(name => name == mesh.BridgeNamespace || name.StartsWith(mesh.BridgeNamespace + "-", StringComparison.Ordinal))];
    }

    /// <summary>What to put before a command line so that it runs in a workload's namespace, with another group when one is given: that of a proxy, whose traffic is not captured.</summary>
    public static IReadOnlyList<string> CommandPrefix(MeshNetwork mesh, string workload, uint? groupId = null)
    {
        List<string> prefix = ["ip", "netns", "exec", mesh.WorkloadNamespace(workload)];
        if (groupId is { } id)
        {
            prefix.AddRange(["setpriv", "--regid", id.ToString(CultureInfo.InvariantCulture), "--clear-groups", "--"]);
        }

        return prefix;
    }

    private static Task<string> DeleteAsync(string space, CancellationToken cancel) => IpAsync(["netns", "delete", space], "", $"Removing the network namespace '{space}'", cancel);

    private static Task<string> BatchAsync(string? space, string commands, string purpose, CancellationToken cancel)
    {
        List<string> arguments = space is null ? [] : ["-n", space];
        arguments.AddRange(["-batch", "-"]);
        return IpAsync(arguments, commands, purpose, cancel);
    }

    private static Task<string> IpAsync(IReadOnlyList<string> arguments, string input, string purpose, CancellationToken cancel) =>
        KernelCommand.RunAsync("ip", arguments, input, purpose, cancel);
}
