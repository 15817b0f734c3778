using System.Buffers.Binary;

namespace Weft.Wire.ProxyProtocol;

/// <summary>An address with port without any object behind it: the first 4 or 16 bytes of <see cref="Address"/>, in network order.</summary>
/// <param name="Address">The bytes, the first in the highest place; IPv4 uses the upper 32 bits.</param>
/// <param name="AddressLength">4 or 16; 0 for none.</param>
/// <param name="Port">The port.</param>
public readonly record struct ProxyEndpoint(UInt128 Address, byte AddressLength, ushort Port)
{
    /// <summary>An endpoint from 4 or 16 bytes in network order.</summary>
    public static ProxyEndpoint From(ReadOnlySpan<byte> address, ushort port)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.CopyTo(bytes);
        return new ProxyEndpoint(BinaryPrimitives.ReadUInt128BigEndian(bytes), (byte)address.Length, port);
    }

    /// <summary>Writes the address's 4 or 16 bytes and returns how many.</summary>
    public int WriteAddress(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        bytes[..AddressLength].CopyTo(destination);
        return AddressLength;
    }
}
