using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Weft.Proxy.Model;

namespace Weft.Proxy.Interop;

/// <summary><c>sockaddr_in</c> or <c>sockaddr_in6</c>, as the kernel reads and writes them.</summary>
[StructLayout(LayoutKind.Sequential, Size = 28)]
internal unsafe struct SocketAddress
{
    public const int MaximumBytes = 28;
    public const ushort Inet = 2;
    public const ushort Inet6 = 10;

    private fixed byte _bytes[MaximumBytes];

    public readonly int Length => Family == Inet ? 16 : 28;

    public readonly ushort Family
    {
        get
        {
            fixed (byte* bytes = _bytes) return *(ushort*)bytes;
        }
    }

    public static SocketAddress From(in NetworkAddress address)
    {
        SocketAddress result = default;
        var span = new Span<byte>(result._bytes, MaximumBytes);
        MemoryMarshal.Write(span, address.IsV4 ? Inet : Inet6);
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], address.Port);
        if (address.IsV4)
            BinaryPrimitives.WriteUInt32BigEndian(span[4..], address.V4);
        else
            address.CopyV6(span.Slice(8, 16));
        return result;
    }

    public readonly NetworkAddress ToNetworkAddress()
    {
        fixed (byte* bytes = _bytes)
        {
            var span = new ReadOnlySpan<byte>(bytes, MaximumBytes);
            int port = BinaryPrimitives.ReadUInt16BigEndian(span[2..]);
            return Family switch
            {
                Inet => NetworkAddress.FromV4(BinaryPrimitives.ReadUInt32BigEndian(span[4..]), port),
                Inet6 => NetworkAddress.FromV6(span.Slice(8, 16), port),
                _ => default,
            };
        }
    }
}
