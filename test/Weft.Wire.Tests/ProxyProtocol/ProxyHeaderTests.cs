using System.Net;
using System.Text;
using CsCheck;
using Weft.Wire.ProxyProtocol;

namespace Weft.Wire.Tests.ProxyProtocol;

public sealed class ProxyHeaderTests
{
    private const string Mark = "\r\n\r\n\0\r\nQUIT\n";

    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 10.0.0.2 56324 443\r\n", "192.168.0.1:56324", "10.0.0.2:443")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", "[2001:db8::1]:1", "[::1]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", null, null)]
    [InlineData(Mark + "\u0021\u0011\u0000\u000c\u000a\u0000\u0000\u0001\u000a\u0000\u0000\u0002\u0000\u0050\u0001\u00bb", "10.0.0.1:80", "10.0.0.2:443")]
    [InlineData(Mark + "\u0020\u0000\u0000\u0000", null, null)]
    [InlineData(Mark + "\u0021\u0000\u0000\u0003\u0001\u0000\u0000", null, null)]
    public void Header_IsReadAtAnySplit(string text, string? source, string? destination)
    {
        byte[] wire = Encoding.Latin1.GetBytes(text + "rest");
        int length = text.Length;
        for (int i = 0; i < length; i++)
            Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeaderReader.Read(wire.AsSpan(0, i), out _, out _));
        Assert.Equal(ProxyHeaderStatus.Complete, ProxyHeaderReader.Read(wire, out ProxyHeader header, out int consumed));
        Assert.Equal(length, consumed);
        Assert.Equal(source is null, header.IsLocal);
        if (source is not null)
            Assert.Equal((source, destination), (Text(header.Source), Text(header.Destination)));
    }

    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 10.0.0.2 56324\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 10.0.0.2 56324 443 1\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 10.0.0.2 56324 65536\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 10.0.0.2 56324 0443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 10.0.0.2 56324 +443\r\n")]
    [InlineData("PROXY TCP4 192.168.1 10.0.0.2 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.01 10.0.0.2 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.256 10.0.0.2 56324 443\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 10.0.0.1 10.0.0.1 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n")]
    [InlineData("PROXY TCP5 1.1.1.1 1.1.1.1 1 2\r\n")]
    [InlineData("PROXY TCP4  1.1.1.1 1.1.1.1 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 1.1.1.1 1 2                                                                                      ")]
    [InlineData(Mark + "\u0031\u0011\u0000\u0000")]
    [InlineData(Mark + "\u0022\u0011\u0000\u0000")]
    [InlineData(Mark + "\u0021\u0011\u0000\u0001\u0000")]
    [InlineData(Mark + "\u0021\u0011\u00ff\u00ff")]
    [InlineData(Mark + "\u0021\u0000\u0000\u0004\u0001\u0000\u0002\u0000")]
    [InlineData(Mark + "\u0021\u0000\u0000\u0002\u0001\u0000")]
    public void BrokenHeader_IsMalformed(string text) => Assert.Equal(ProxyHeaderStatus.Malformed, ProxyHeaderReader.Read(Encoding.Latin1.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("\r\nGET /")]
    [InlineData("PROXX")]
    public void OtherBytes_AreNoHeader(string text) => Assert.Equal(ProxyHeaderStatus.Absent, ProxyHeaderReader.Read(Encoding.Latin1.GetBytes(text), out _, out _));

    [Fact]
    public void WrittenHeaders_AreReadBack()
    {
        Gen.Select(Gen.Bool, Gen.Byte.Array[32], Gen.UShort, Gen.UShort).Sample((v6, bytes, from, to) =>
        {
            int length = v6 ? 16 : 4;
            ProxyEndpoint source = ProxyEndpoint.From(bytes.AsSpan(0, length), from), destination = ProxyEndpoint.From(bytes.AsSpan(16, length), to);
            byte[] wire = new byte[ProxyHeaderWriter.MaxBytes];
            int written = ProxyHeaderWriter.Write(wire, source, destination);
            return IsReadBack() && (written = ProxyHeaderWriter.WriteVersion1(wire, source, destination)) > 0 && IsReadBack();

            bool IsReadBack() => ProxyHeaderReader.Read(wire.AsSpan(0, written), out ProxyHeader header, out int consumed) == ProxyHeaderStatus.Complete
                && consumed == written && header.Source == source && header.Destination == destination;
        });
        byte[] local = new byte[ProxyHeaderWriter.MaxBytes];
        Assert.Equal(16, ProxyHeaderWriter.Write(local, default, default));
        Assert.Equal(ProxyHeaderStatus.Complete, ProxyHeaderReader.Read(local.AsSpan(0, 16), out ProxyHeader header, out _));
        Assert.True(header.IsLocal);
        Assert.Equal("PROXY UNKNOWN\r\n", Encoding.ASCII.GetString(local.AsSpan(0, ProxyHeaderWriter.WriteVersion1(local, default, default))));
        ProxyEndpoint from = ProxyEndpoint.From([192, 0, 2, 1], 65535), to = ProxyEndpoint.From([127, 0, 0, 1], 0);
        Assert.Equal("PROXY TCP4 192.0.2.1 127.0.0.1 65535 0\r\n", Encoding.ASCII.GetString(local.AsSpan(0, ProxyHeaderWriter.WriteVersion1(local, from, to))));
    }

    [Fact]
    public void EndpointsOfTwoFamilies_AreNotWritten()
    {
        byte[] wire = new byte[ProxyHeaderWriter.MaxBytes];
        Assert.Throws<ArgumentException>(() => ProxyHeaderWriter.Write(wire, ProxyEndpoint.From(new byte[4], 1), ProxyEndpoint.From(new byte[16], 1)));
        Assert.Throws<ArgumentException>(() => ProxyHeaderWriter.WriteVersion1(wire, ProxyEndpoint.From(new byte[4], 1), ProxyEndpoint.From(new byte[16], 1)));
    }

    [Fact]
    public void RandomDamage_NeverThrows()
    {
        byte[] wire = Encoding.Latin1.GetBytes(Mark + "\u0021\u0011\u0000\u0010\u000a\u0000\u0000\u0001\u000a\u0000\u0000\u0002\u0000\u0050\u0001\u00bb\u0001\u0000\u0001x");
        Gen.Select(Gen.Int[0, wire.Length - 1], Gen.Byte, Gen.Int[0, wire.Length]).Sample((at, value, length) =>
        {
            byte[] damaged = [.. wire];
            damaged[at] = value;
            return Enum.IsDefined(ProxyHeaderReader.Read(damaged.AsSpan(0, length), out _, out int consumed)) && consumed <= length;
        }, iter: 5000);
    }

    private static string Text(ProxyEndpoint endpoint)
    {
        byte[] bytes = new byte[16];
        int length = endpoint.WriteAddress(bytes);
        return new IPEndPoint(new IPAddress(bytes.AsSpan(0, length)), endpoint.Port).ToString();
    }
}
