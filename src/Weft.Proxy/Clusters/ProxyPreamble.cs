using System.Buffers.Binary;
using Weft.Proxy.Model;
using Weft.Wire.ProxyProtocol;

namespace Weft.Proxy.Clusters;

/// <summary>The PROXY header of an upstream connection, from the proxy's own addresses.</summary>
internal static class ProxyPreamble
{
    /// <summary>The most bytes of one.</summary>
    public const int MaxBytes = ProxyHeaderWriter.MaxBytes;

    /// <summary>Writes it and returns its length. Addresses of two families are both written as IPv6, the one mapped (RFC 4291 2.5.5.2); without them it says that it speaks for nobody.</summary>
    public static int Write(Span<byte> destination, UpstreamProxyProtocol version, in NetworkAddress source, in NetworkAddress target)
    {
        bool known = !source.IsNone && !target.IsNone, mapped = source.IsV4 != target.IsV4;
        ProxyEndpoint from = known ? Endpoint(source, mapped) : default, to = known ? Endpoint(target, mapped) : default;
        return version == UpstreamProxyProtocol.Version1 ? ProxyHeaderWriter.WriteVersion1(destination, from, to) : ProxyHeaderWriter.Write(destination, from, to);
    }

    private static ProxyEndpoint Endpoint(in NetworkAddress address, bool mapped)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address.IsV6)
        {
            address.CopyV6(bytes);
            return ProxyEndpoint.From(bytes, address.Port);
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], address.V4);
        if (!mapped) return ProxyEndpoint.From(bytes[12..], address.Port);
        bytes[10] = bytes[11] = 0xFF;
        return ProxyEndpoint.From(bytes, address.Port);
    }
}
