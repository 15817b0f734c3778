using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Weft.Kernel.Namespaces;

/// <summary>
/// Sockets of another network namespace, used from this process: a socket belongs for its life to the namespace that its thread was in when it was made. Needs CAP_SYS_ADMIN.
/// </summary>
public static class NamespaceSockets
{
    private const int NetworkNamespaceFlag = 0x40000000;

    /// <summary>A TCP socket of a namespace made by <c>ip netns</c>. Throws <see cref="KernelOperationException"/> when it cannot be entered.</summary>
    public static Socket OpenTcp(string networkNamespace)
    {
        Socket? socket = null;
        string? problem = null;
        // A thread of its own that ends: it never comes back to a pool in the wrong namespace.
        Thread thread = new(() =>
        {
            problem = Enter(networkNamespace);
            if (problem is null)
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        })
        { IsBackground = true };
        thread.Start();
        thread.Join();
        return socket ?? throw new KernelOperationException($"A socket in the network namespace '{networkNamespace}' could not be made: {problem}.");
    }

    private static string? Enter(string networkNamespace)
    {
        using SafeFileHandle? space = LibC.OpenForReading($"/run/netns/{networkNamespace}");
        return space is not null && LibC.SetNamespace(space, NetworkNamespaceFlag) == 0 ? null : LibC.LastError;
    }
}
