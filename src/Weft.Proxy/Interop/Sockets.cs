using Weft.Proxy.Model;

namespace Weft.Proxy.Interop;

/// <summary>Makes and questions sockets; everything that is more than one system call.</summary>
internal static unsafe class Sockets
{
    /// <summary>
    /// Makes a listening socket with SO_REUSEPORT, non-blocking. Returns the descriptor, or minus the error number. An IPv6 wildcard
    /// takes IPv4 as well.
    /// </summary>
    public static int Listen(in NetworkAddress address, int backlog)
    {
        int family = address.IsV4 ? SocketAddress.Inet : SocketAddress.Inet6;
        int descriptor = Libc.Socket(family, Libc.SockStream | Libc.SockNonBlock | Libc.SockCloseOnExec, 0);
        if (descriptor < 0) return -*Libc.ErrnoLocation();
        _ = Libc.SetOption(descriptor, Libc.SolSocket, Libc.SoReuseAddr, 1);
        _ = Libc.SetOption(descriptor, Libc.SolSocket, Libc.SoReusePort, 1);
        if (address.IsV6)
            _ = Libc.SetOption(descriptor, Libc.SolIpv6, Libc.Ipv6V6Only, address.IsAny ? 0 : 1);
        var native = SocketAddress.From(address);
        if (Libc.Bind(descriptor, &native, (uint)native.Length) == 0 && Libc.Listen(descriptor, backlog) == 0)
            return descriptor;
        int error = *Libc.ErrnoLocation();
        _ = Libc.Close(descriptor);
        return -error;
    }

    /// <summary>
    /// Whether no socket listens on the address, not even one that would share it. Connections that are closing there do not count, nor does what
    /// forbids listening for another reason.
    /// </summary>
    public static bool IsFree(in NetworkAddress address)
    {
        int descriptor = Libc.Socket(address.IsV4 ? SocketAddress.Inet : SocketAddress.Inet6, Libc.SockStream | Libc.SockCloseOnExec, 0);
        if (descriptor < 0) return true;
        _ = Libc.SetOption(descriptor, Libc.SolSocket, Libc.SoReuseAddr, 1);
        if (address.IsV6)
            _ = Libc.SetOption(descriptor, Libc.SolIpv6, Libc.Ipv6V6Only, address.IsAny ? 0 : 1);
        var native = SocketAddress.From(address);
        bool isTaken = Libc.Bind(descriptor, &native, (uint)native.Length) != 0 && *Libc.ErrnoLocation() == Errno.EADDRINUSE;
        _ = Libc.Close(descriptor);
        return !isTaken;
    }

    /// <summary>
    /// Starts a connection. Returns the descriptor, which may still be connecting, or minus the error number. A source address
    /// without a port leaves the port to the kernel at connect time.
    /// </summary>
    public static int Connect(in NetworkAddress target, in NetworkAddress source, out bool unbound)
    {
        unbound = false;
        int family = target.IsV4 ? SocketAddress.Inet : SocketAddress.Inet6;
        int descriptor = Libc.Socket(family, Libc.SockStream | Libc.SockNonBlock | Libc.SockCloseOnExec, 0);
        if (descriptor < 0) return -*Libc.ErrnoLocation();
        _ = Libc.SetOption(descriptor, Libc.IpProtoTcp, Libc.TcpNoDelay, 1);
        if (!source.IsNone && source.IsV4 == target.IsV4)
        {
            _ = Libc.SetOption(descriptor, Libc.SolIp, Libc.IpBindAddressNoPort, 1);
            var local = SocketAddress.From(source);
            unbound = Libc.Bind(descriptor, &local, (uint)local.Length) != 0;
            if (unbound) return CloseWithError(descriptor);
        }

        var native = SocketAddress.From(target);
        if (Libc.Connect(descriptor, &native, (uint)native.Length) == 0) return descriptor;
        return *Libc.ErrnoLocation() is Errno.EINPROGRESS or Errno.EINTR ? descriptor : CloseWithError(descriptor);
    }

    /// <summary>The socket's own address, or none.</summary>
    public static NetworkAddress LocalAddress(int descriptor)
    {
        SocketAddress native = default;
        uint length = SocketAddress.MaximumBytes;
        return Libc.GetLocalAddress(descriptor, &native, &length) == 0 ? native.ToNetworkAddress() : default;
    }

    /// <summary>What the client dialled before netfilter redirected it; none when the connection was not redirected.</summary>
    public static NetworkAddress OriginalDestination(int descriptor, bool v4)
    {
        SocketAddress native = default;
        uint length = SocketAddress.MaximumBytes;
        int level = v4 ? Libc.SolIp : Libc.SolIpv6;
        return Libc.GetOption(descriptor, level, Libc.SoOriginalDst, &native, &length) == 0 ? native.ToNetworkAddress() : default;
    }

    /// <summary>Applies keep-alive settings to a connecting socket.</summary>
    public static void SetKeepalive(int descriptor, TcpKeepaliveModel keepalive)
    {
        _ = Libc.SetOption(descriptor, Libc.SolSocket, Libc.SoKeepAlive, 1);
        if (keepalive.TimeSeconds is int time) _ = Libc.SetOption(descriptor, Libc.IpProtoTcp, Libc.TcpKeepIdle, time);
        if (keepalive.IntervalSeconds is int interval) _ = Libc.SetOption(descriptor, Libc.IpProtoTcp, Libc.TcpKeepInterval, interval);
        if (keepalive.Probes is int probes) _ = Libc.SetOption(descriptor, Libc.IpProtoTcp, Libc.TcpKeepCount, probes);
    }

    /// <summary>Makes close() send a reset instead of a clean end, so that a cut-off message is not mistaken for a whole one.</summary>
    public static void ResetOnClose(int descriptor)
    {
        int* linger = stackalloc int[2] { 1, 0 };
        _ = Libc.SetOption(descriptor, Libc.SolSocket, Libc.SoLinger, linger, 8);
    }

    private static int CloseWithError(int descriptor)
    {
        int error = *Libc.ErrnoLocation();
        _ = Libc.Close(descriptor);
        return -error;
    }
}
