using Weft.Wire.Sniffing;
using Weft.Wire.Tests.Http1;

namespace Weft.Wire.Tests.Sniffing;

public sealed class ProtocolSnifferTests
{
    [Theory]
    [InlineData("", SniffedProtocol.NeedMore)]
    [InlineData("\u0016", SniffedProtocol.NeedMore)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000", SniffedProtocol.NeedMore)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001", SniffedProtocol.Tls)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0002", SniffedProtocol.Other)]
    [InlineData("\u0016\u0002", SniffedProtocol.Other)]
    [InlineData("\u0080\u002e\u0001\u0003\u0001", SniffedProtocol.Other)]
    [InlineData("P", SniffedProtocol.NeedMore)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", SniffedProtocol.NeedMore)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SniffedProtocol.Http2)]
    [InlineData("PRI * HTTP/1.1", SniffedProtocol.Other)]
    [InlineData("GE", SniffedProtocol.NeedMore)]
    [InlineData("GET ", SniffedProtocol.NeedMore)]
    [InlineData("GET /", SniffedProtocol.Http1)]
    [InlineData("PROPFIND /dav", SniffedProtocol.Http1)]
    [InlineData("GET key\r\n", SniffedProtocol.Other)]
    [InlineData("GET http://a/", SniffedProtocol.NeedMore)]
    [InlineData("GET http://a/ HTTP/1.", SniffedProtocol.Http1)]
    [InlineData("GET http://a/ HTTQ", SniffedProtocol.Other)]
    [InlineData("OPTIONS * HT", SniffedProtocol.NeedMore)]
    [InlineData("OPTIONS * HTTP/1.1\r\n", SniffedProtocol.Http1)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\n", SniffedProtocol.Http1)]
    [InlineData("get /", SniffedProtocol.Other)]
    [InlineData("EHLO mail", SniffedProtocol.Other)]
    [InlineData("SSH-2.0-x", SniffedProtocol.Other)]
    [InlineData("*1\r\n$4\r\nPING\r\n", SniffedProtocol.Other)]
    public void FirstBytes_TellTheProtocol(string text, SniffedProtocol protocol) =>
        Assert.Equal(protocol, ProtocolSniffer.Sniff(Parsed.Bytes(text), tls: true, http: true));

    [Fact]
    public void WhatIsNotLookedFor_IsOther()
    {
        Assert.Equal(SniffedProtocol.Other, ProtocolSniffer.Sniff([0x16, 3, 1, 2, 0, 1], tls: false, http: true));
        Assert.Equal(SniffedProtocol.Other, ProtocolSniffer.Sniff("GET / HTTP/1.1"u8, tls: true, http: false));
    }

    [Fact]
    public void EndlessTarget_StopsBeingHttp() => Assert.Equal(
        SniffedProtocol.Other, ProtocolSniffer.Sniff(Parsed.Bytes("GET h" + new string('t', ProtocolSniffer.MaxRequestLineBytes)), tls: true, http: true));
}
