using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weft.Wire.ProxyProtocol;

/// <summary>
/// Reads the PROXY protocol, versions 1 and 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt). Every length is checked against what was
/// announced, that of each record too; a header of version 1 has 107 bytes at most, one of version 2 4 KiB here.
/// </summary>
public static class ProxyHeaderReader
{
    /// <summary>The most bytes of a header of version 2.</summary>
    public const int MaxBytes = 4096;

    private const int MaxVersion1Bytes = 107;
    private const int Version2Prefix = 16;

    private static ReadOnlySpan<byte> Version1Start => "PROXY "u8;

    private static ReadOnlySpan<byte> Version2Start => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header from all bytes received so far; <paramref name="consumed"/> is its length when complete.</summary>
    public static ProxyHeaderStatus Read(ReadOnlySpan<byte> input, out ProxyHeader header, out int consumed)
    {
        header = default;
        consumed = 0;
        if (IsStart(input, Version2Start))
            return input.Length < Version2Prefix ? ProxyHeaderStatus.NeedMore : Version2(input, ref header, out consumed);
        if (!IsStart(input, Version1Start))
            return ProxyHeaderStatus.Absent;
        int end = input[..Math.Min(input.Length, MaxVersion1Bytes)].IndexOf("\r\n"u8);
        if (end < 0)
            return input.Length < MaxVersion1Bytes ? ProxyHeaderStatus.NeedMore : ProxyHeaderStatus.Malformed;
        if (!Version1(input[Version1Start.Length..end], ref header))
            return ProxyHeaderStatus.Malformed;
        consumed = end + 2;
        return ProxyHeaderStatus.Complete;
    }

    /// <summary>True when the input is a beginning of the mark or starts with it.</summary>
    private static bool IsStart(ReadOnlySpan<byte> input, ReadOnlySpan<byte> mark) =>
        input.Length < mark.Length ? mark.StartsWith(input) : input.StartsWith(mark);

    private static bool Version1(ReadOnlySpan<byte> line, ref ProxyHeader header)
    {
        header.Version = 1;
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8))
        {
            header.IsLocal = true;
            return true;
        }

        bool v4 = line.StartsWith("TCP4 "u8);
        if (!v4 && !line.StartsWith("TCP6 "u8))
            return false;
        Span<Range> parts = stackalloc Range[5];
        line = line[5..];
        if (line.Split(parts, (byte)' ') != 4)
            return false;
        return TryEndpoint(line[parts[0]], line[parts[2]], v4, out header.Source) && TryEndpoint(line[parts[1]], line[parts[3]], v4, out header.Destination);
    }

    private static int Split(this ReadOnlySpan<byte> line, Span<Range> parts, byte separator)
    {
        int count = 0;
        foreach (Range range in line.Split(separator))
        {
            if (count == parts.Length)
                return count + 1;
            parts[count++] = range;
        }

        return count;
    }

    private static bool TryEndpoint(ReadOnlySpan<byte> address, ReadOnlySpan<byte> port, bool v4, out ProxyEndpoint endpoint)
    {
        endpoint = default;
        bool plain = port.Length is > 0 and <= 5 && (port.Length == 1 || port[0] != '0');
        if (!plain || !Utf8Parser.TryParse(port, out ushort number, out int consumed) || consumed != port.Length)
            return false;
        // IPAddress also takes octal, short and scoped forms, which the protocol does not have.
        if (v4 ? !IsDottedQuad(address) : address.ContainsAnyExcept(s_hexAndColon) || !address.Contains((byte)':'))
            return false;
        if (!IPAddress.TryParse(Encoding.ASCII.GetString(address), out IPAddress? parsed) || parsed.AddressFamily != (v4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6))
            return false;
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out int written);
        endpoint = ProxyEndpoint.From(bytes[..written], number);
        return true;
    }

    private static bool IsDottedQuad(ReadOnlySpan<byte> address)
    {
        int count = 0;
        foreach (Range range in address.Split((byte)'.'))
        {
            ReadOnlySpan<byte> part = address[range];
            if (++count > 4 || part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0') || part.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                return false;
        }

        return count == 4;
    }

    private static ProxyHeaderStatus Version2(ReadOnlySpan<byte> input, ref ProxyHeader header, out int consumed)
    {
        consumed = 0;
        header.Version = 2;
        int command = input[12] & 15;
        int length = BinaryPrimitives.ReadUInt16BigEndian(input[14..]);
        if (input[12] >> 4 != 2 || command > 1 || Version2Prefix + length > MaxBytes)
            return ProxyHeaderStatus.Malformed;
        if (input.Length < Version2Prefix + length)
            return ProxyHeaderStatus.NeedMore;
        ReadOnlySpan<byte> body = input.Slice(Version2Prefix, length);
        int family = input[13] >> 4;
        int addressLength = family switch { 1 => 4, 2 => 16, _ => 0 };
        header.IsLocal = command == 0 || addressLength == 0;
        int used = 0;
        if (addressLength > 0)
        {
            used = 2 * addressLength + 4;
            if (body.Length < used)
                return ProxyHeaderStatus.Malformed;
            header.Source = ProxyEndpoint.From(body[..addressLength], BinaryPrimitives.ReadUInt16BigEndian(body[(2 * addressLength)..]));
            header.Destination = ProxyEndpoint.From(body.Slice(addressLength, addressLength), BinaryPrimitives.ReadUInt16BigEndian(body[(2 * addressLength + 2)..]));
        }
        else if (family == 3)
        {
            // Unix sockets: two paths of 108 bytes, of no use here.
            used = Math.Min(216, body.Length);
        }

        if (!AreRecords(body[used..]))
            return ProxyHeaderStatus.Malformed;
        header.RecordsOffset = Version2Prefix + used;
        header.RecordsLength = length - used;
        consumed = Version2Prefix + length;
        return ProxyHeaderStatus.Complete;
    }

    private static bool AreRecords(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            if (records.Length < 3)
                return false;
            int length = 3 + BinaryPrimitives.ReadUInt16BigEndian(records[1..]);
            if (length > records.Length)
                return false;
            records = records[length..];
        }

        return true;
    }

    private static readonly System.Buffers.SearchValues<byte> s_hexAndColon = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF:."u8);
}
