using System.Net;
using System.Net.Sockets;

namespace Weft.Kernel.Namespaces;

/// <summary>
/// The private network of a mesh on one machine: a namespace with a bridge, a leg into the host so that control plane and person reach it, and one namespace per workload. Immutable.
/// </summary>
public sealed record MeshNetwork
{
    private const int MaxNameLength = 40;

    /// <param name="name">Of the mesh: lower-case letters, digits and dashes. All of its namespaces begin with <c>weft-name</c>.</param>
    /// <param name="subnet">An IPv4 range of /8 to /28; its first address is the host's.</param>
    public MeshNetwork(string name, IPNetwork subnet)
    {
        CheckName(name);
        if (subnet.BaseAddress.AddressFamily != AddressFamily.InterNetwork || subnet.PrefixLength is < 8 or > 28)
            throw new ArgumentException($"The mesh network {subnet} must be an IPv4 range of /8 to /28.");
        Name = name;
        Subnet = subnet;
    }

    /// <summary>The mesh's name.</summary>
    public string Name { get; }

    /// <summary>The range of addresses.</summary>
    public IPNetwork Subnet { get; }

    /// <summary>The host's address in the mesh: where proxies reach the control plane. Also the default gateway of workloads.</summary>
    public IPAddress HostAddress => Address(1);

    /// <summary>The namespace that holds the bridge.</summary>
    public string BridgeNamespace => $"weft-{Name}";

    internal string HostInterface => "wh" + Digest(Name);

    /// <summary>The namespace of a workload.</summary>
    public string WorkloadNamespace(string workload)
    {
        CheckName(workload);
        return $"weft-{Name}-{workload}";
    }

    /// <summary>The n-th address of the range; workloads have those from 2 on.</summary>
    public IPAddress Address(int index)
    {
        long size = 1L << (32 - Subnet.PrefixLength);
        if (index < 1 || index >= size - 1)
            throw new ArgumentException($"The mesh network {Subnet} has addresses 1 to {size - 2}; {index} is not one of them.");
        byte[] bytes = Subnet.BaseAddress.GetAddressBytes();
        uint value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) + (uint)index;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }

    internal static string BridgePort(string workload) => "wp" + Digest(workload);

    /// <summary>Interface names have at most 15 characters, so they carry a digest (FNV-1a, 48 bits) of the name.</summary>
    private static string Digest(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in name)
            hash = (hash ^ c) * 1099511628211;
        return (hash & 0xFFFFFFFFFFFF).ToString("x12", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > MaxNameLength || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-'))
            throw new ArgumentException($"'{name}' cannot name a mesh or a workload in a network namespace: use up to {MaxNameLength} lower-case letters, digits and dashes.");
    }
}
