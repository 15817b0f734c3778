using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Weft.Proxy.Model;

/// <summary>
/// An IPv4 or IPv6 address with a port, as a plain value: no heap object, cheap to compare and to hash. IPv4-mapped IPv6
/// addresses are stored as IPv4, so that what a dual-stack socket reports equals what the configuration says.
/// </summary>
public readonly struct NetworkAddress : IEquatable<NetworkAddress>
{
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly ushort _port;
    private readonly byte _family;

    private NetworkAddress(ulong high, ulong low, ushort port, byte family)
    {
        _high = high;
        _low = low;
        _port = port;
        _family = family;
    }

    /// <summary>True for the default value, which is no address at all.</summary>
    public bool IsNone => _family == 0;

    /// <summary>True for IPv4.</summary>
    public bool IsV4 => _family == 4;

    /// <summary>True for IPv6.</summary>
    public bool IsV6 => _family == 6;

    /// <summary>The port in host byte order.</summary>
    public ushort Port => _port;

    /// <summary>The IPv4 address in host byte order; meaningful only when <see cref="IsV4"/>.</summary>
    public uint V4 => (uint)_low;

    /// <summary>The upper 64 bits of an IPv6 address (0 for IPv4).</summary>
    public ulong High => _high;

    /// <summary>The lower 64 bits of an IPv6 address, or the IPv4 address.</summary>
    public ulong Low => _low;

    /// <summary>True for 0.0.0.0 and ::.</summary>
    public bool IsAny => _family != 0 && _high == 0 && _low == 0;

    /// <summary>True for 127.0.0.0/8 and ::1.</summary>
    public bool IsLoopback => IsV4 ? (uint)_low >> 24 == 127 : IsV6 && _high == 0 && _low == 1;

    /// <summary>An IPv4 address from its number in host byte order.</summary>
    public static NetworkAddress FromV4(uint address, int port) => new(0, address, (ushort)port, 4);

    /// <summary>An address from 16 bytes in network order; mapped IPv4 becomes IPv4.</summary>
    public static NetworkAddress FromV6(ReadOnlySpan<byte> address, int port)
    {
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(address);
        ulong low = BinaryPrimitives.ReadUInt64BigEndian(address[8..]);
        return high == 0 && low >> 32 == 0xffff
            ? new(0, (uint)low, (ushort)port, 4)
            : new(high, low, (ushort)port, 6);
    }

    /// <summary>The same address with another port.</summary>
    public NetworkAddress WithPort(int port) => new(_high, _low, (ushort)port, _family);

    /// <summary>Writes the 16 bytes of the IPv6 form (mapped for IPv4) in network order.</summary>
    public void CopyV6(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], IsV4 ? 0xffff_0000_0000UL | _low : _low);
    }

    /// <summary>Converts from the framework's address.</summary>
    public static NetworkAddress From(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes), port) : FromV6(bytes, port);
    }

    /// <summary>Parses a literal IP address; names are not resolved.</summary>
    public static bool TryParse([NotNullWhen(true)] string? ip, int port, out NetworkAddress address)
    {
        if (port is < 0 or > 65535 || !IPAddress.TryParse(ip, out IPAddress? parsed))
        {
            address = default;
            return false;
        }

        address = From(parsed, port);
        return true;
    }

    /// <summary>Converts to the framework's type; for control-side code.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        CopyV6(bytes);
        return new IPAddress(IsV4 ? bytes[12..] : bytes);
    }

    /// <summary>Writes the address without the port as text; returns the count of bytes, 0 when the span is too small.</summary>
    public int FormatIp(Span<byte> destination)
    {
        if (!IsV4)
            return ToIPAddress().TryFormat(destination, out int written) ? written : 0;
        if (destination.Length < 15) return 0;
        int at = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            byte part = (byte)(_low >> shift);
            if (part >= 100) destination[at++] = (byte)('0' + part / 100);
            if (part >= 10) destination[at++] = (byte)('0' + part / 10 % 10);
            destination[at++] = (byte)('0' + part % 10);
            if (shift != 0) destination[at++] = (byte)'.';
        }

        return at;
    }

    /// <summary>Writes <c>ip:port</c> or <c>[ip]:port</c>; returns the count of bytes, 0 when the span is too small (54 is enough).</summary>
    public int Format(Span<byte> destination)
    {
        if (destination.Length < 54) return 0;
        int at = 0;
        if (!IsV4) destination[at++] = (byte)'[';
        at += FormatIp(destination[at..]);
        if (!IsV4) destination[at++] = (byte)']';
        destination[at++] = (byte)':';
        _port.TryFormat(destination[at..], out int written, default, CultureInfo.InvariantCulture);
        return at + written;
    }

    public bool Equals(NetworkAddress other) =>
        _low == other._low && _high == other._high && _port == other._port && _family == other._family;

    public override bool Equals(object? obj) => obj is NetworkAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low, _port);

    public static bool operator ==(NetworkAddress left, NetworkAddress right) => left.Equals(right);

    public static bool operator !=(NetworkAddress left, NetworkAddress right) => !left.Equals(right);

    public override string ToString() =>
        IsNone ? "-" : IsV4 ? $"{ToIPAddress()}:{_port}" : $"[{ToIPAddress()}]:{_port}";

    internal AddressFamily Family => IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
}
