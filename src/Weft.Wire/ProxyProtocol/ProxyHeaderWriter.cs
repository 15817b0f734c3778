using System.Buffers.Binary;

namespace Weft.Wire.ProxyProtocol;

/// <summary>Writes PROXY headers of version 2 for upstream connections; version 1 is read but not written, as every reader of today takes both.</summary>
public static class ProxyHeaderWriter
{
    /// <summary>The most bytes that are written.</summary>
    public const int MaxBytes = 52;

    /// <summary>Writes a header for a TCP connection and returns its length. Both endpoints must be of one family.</summary>
    public static int Write(Span<byte> destination, ProxyEndpoint source, ProxyEndpoint target)
    {
        if (source.AddressLength != target.AddressLength)
            throw new ArgumentException("Both endpoints must be of one address family.", nameof(target));
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
}
