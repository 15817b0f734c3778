using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Kernel.Sockets;

/// <summary>The socket options of Linux that matter here (from the kernel's uapi headers; the same numbers on x86-64 and arm64).</summary>
public static class SocketOptions
{
    /// <summary>SOL_IP.</summary>
    public const int LevelIp = 0;

    /// <summary>SOL_SOCKET.</summary>
    public const int LevelSocket = 1;

    /// <summary>SOL_IPV6.</summary>
    public const int LevelIpv6 = 41;

    /// <summary>SO_ORIGINAL_DST: where a redirected IPv4 connection was going.</summary>
    public static SocketOption OriginalDestination { get; } = new("SO_ORIGINAL_DST", LevelIp, 80, "", "Tells where a redirected IPv4 connection was going.");

    /// <summary>IP6T_SO_ORIGINAL_DST: the same for IPv6.</summary>
    public static SocketOption OriginalDestinationIpv6 { get; } = new("IP6T_SO_ORIGINAL_DST", LevelIpv6, 80, "", "Tells where a redirected IPv6 connection was going.");

    /// <summary>SO_MARK: marks packets so that capture rules let them pass.</summary>
    public static SocketOption Mark { get; } = new("SO_MARK", LevelSocket, 36, "CAP_NET_ADMIN", "Marks a socket's packets so that capture rules can let them pass.");

    /// <summary>SO_REUSEPORT: one listening socket for each worker.</summary>
    public static SocketOption ReusePort { get; } = new("SO_REUSEPORT", LevelSocket, 15, "", "Lets each worker have its own listening socket on one port.");

    /// <summary>IP_TRANSPARENT: connect from an address that is not the machine's.</summary>
    public static SocketOption Transparent { get; } = new("IP_TRANSPARENT", LevelIp, 19, "CAP_NET_ADMIN", "Lets a socket use an address that is not the machine's own.");

    /// <summary>IP_BIND_ADDRESS_NO_PORT: choose the local port when connecting, which saves ports.</summary>
    public static SocketOption BindAddressNoPort { get; } = new("IP_BIND_ADDRESS_NO_PORT", LevelIp, 24, "", "Chooses the local port when connecting, so that one port serves several destinations.");

    /// <summary>Where an accepted connection was going before a redirect; null when conntrack has no entry for it.</summary>
    public static IPEndPoint? GetOriginalDestination(Socket socket)
    {
        bool ipv6 = socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: false, AddressFamily: AddressFamily.InterNetworkV6 };
        SocketOption option = ipv6 ? OriginalDestinationIpv6 : OriginalDestination;
        Span<byte> address = stackalloc byte[28];
        try
        {
            int length = socket.GetRawSocketOption(option.Level, option.Number, address);
            ushort port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
            return length switch
            {
                16 => new IPEndPoint(new IPAddress(address.Slice(4, 4)), port),
                28 => new IPEndPoint(new IPAddress(address.Slice(8, 16)), port),
                _ => null,
            };
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
