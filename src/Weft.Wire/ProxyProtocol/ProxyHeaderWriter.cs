using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Weft.Wire.ProxyProtocol;

/// <summary>Writes PROXY headers for upstream connections (haproxy.org/download/3.0/doc/proxy-protocol.txt).</summary>
public static class ProxyHeaderWriter
{
    /// <summary>The most bytes that are written, in either version.</summary>
    public const int MaxBytes = 107;

    /// <summary>Writes a header of version 2 for a TCP connection and returns its length. Both endpoints must be of one family; without addresses it is LOCAL.</summary>
    public static int Write(Span<byte> destination, ProxyEndpoint source, ProxyEndpoint target)
    {
        CheckFamilies(source, target);
        "\r\n\r\n\0\r\nQUIT\n"u8.CopyTo(destination);
        int addresses = source.AddressLength == 0 ? 0 : 2 * source.AddressLength + 4;
        destination[12] = (byte)(source.AddressLength == 0 ? 0x20 : 0x21);
        destination[13] = source.AddressLength switch { 4 => 0x11, 16 => 0x21, _ => 0 };
        BinaryPrimitives.WriteUInt16BigEndian(destination[14..], (ushort)addresses);
        if (addresses == 0)
            return 16;
        int at = 16;
        at += source.WriteAddress(destination[at..]);
        at += target.WriteAddress(destination[at..]);
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 2)..], target.Port);
        return at + 4;
    }

    /// <summary>Writes a header of version 1 and returns its length. Both endpoints must be of one family; without addresses it is UNKNOWN.</summary>
    public static int WriteVersion1(Span<byte> destination, ProxyEndpoint source, ProxyEndpoint target)
    {
        CheckFamilies(source, target);
        if (source.AddressLength == 0)
        {
            "PROXY UNKNOWN\r\n"u8.CopyTo(destination);
            return "PROXY UNKNOWN\r\n"u8.Length;
        }

        (source.AddressLength == 4 ? "PROXY TCP4 "u8 : "PROXY TCP6 "u8).CopyTo(destination);
        int at = 11;
        WriteAddress(destination, ref at, source);
        WriteAddress(destination, ref at, target);
        WritePort(destination, ref at, source.Port);
        destination[at++] = (byte)' ';
        WritePort(destination, ref at, target.Port);
        "\r\n"u8.CopyTo(destination[at..]);
        return at + 2;
    }

    private static void CheckFamilies(in ProxyEndpoint source, in ProxyEndpoint target)
    {
        if (source.AddressLength != target.AddressLength)
            throw new ArgumentException("Both endpoints must be of one address family.", nameof(target));
    }

    private static void WriteAddress(Span<byte> destination, ref int at, in ProxyEndpoint endpoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        new IPAddress(bytes[..endpoint.WriteAddress(bytes)]).TryFormat(destination[at..], out int written);
        at += written;
        destination[at++] = (byte)' ';
    }

    private static void WritePort(Span<byte> destination, ref int at, ushort port)
    {
        port.TryFormat(destination[at..], out int written, default, CultureInfo.InvariantCulture);
        at += written;
    }
}
