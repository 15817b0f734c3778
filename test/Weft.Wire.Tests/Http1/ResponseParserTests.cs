using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http1;

public sealed class ResponseParserTests
{
    [Fact]
    public void PlainResponse_IsParsedWhole()
    {
        Parsed parsed = Parsed.OfResponse("HTTP/1.1 200 All Good\r\nContent-Length: 3\r\nServer: x\r\n\r\nabc");
        Assert.Equal(ParseStatus.Complete, parsed.Result.Status);
        Assert.Equal(parsed.Input.Length - 3, parsed.Consumed);
        Assert.Equal(200, parsed.Response.Status);
        Assert.Equal("All Good", parsed.Text(parsed.Response.Reason));
        Assert.Equal(BodyFraming.ContentLength, parsed.Response.Framing);
        Assert.Equal(3, parsed.Response.ContentLength);
        Assert.True(parsed.Response.Has(HeadFlags.KeepAlive));
    }

    [Theory]
    [InlineData("200", "", RequestMethod.Get, BodyFraming.UntilClose)]
    [InlineData("200 ", "Transfer-Encoding: chunked\r\n", RequestMethod.Get, BodyFraming.Chunked)]
    [InlineData("200 OK", "Content-Length: 7\r\n", RequestMethod.Head, BodyFraming.None)]
    [InlineData("200 OK", "Transfer-Encoding: chunked\r\n", RequestMethod.Head, BodyFraming.None)]
    [InlineData("200 OK", "", RequestMethod.Connect, BodyFraming.None)]
    [InlineData("304 Not Modified", "Content-Length: 7\r\n", RequestMethod.Get, BodyFraming.None)]
    [InlineData("204 No Content", "", RequestMethod.Get, BodyFraming.None)]
    [InlineData("204 No Content", "Content-Length: 0\r\n", RequestMethod.Get, BodyFraming.None)]
    [InlineData("100 Continue", "", RequestMethod.Post, BodyFraming.None)]
    [InlineData("101 Switching Protocols", "Connection: upgrade\r\nUpgrade: websocket\r\n", RequestMethod.Get, BodyFraming.None)]
    public void StatusAndMethod_FrameTheBody(string status, string lines, RequestMethod method, BodyFraming framing)
    {
        Parsed parsed = Parsed.OfResponse($"HTTP/1.1 {status}\r\n{lines}\r\n", method);
        Assert.Equal(WireError.None, parsed.Error);
        Assert.Equal(framing, parsed.Response.Framing);
        Assert.Equal(framing != BodyFraming.UntilClose, parsed.Response.Has(HeadFlags.KeepAlive));
    }

    [Theory]
    [InlineData("HTTP/1.1 099 Low", WireError.BadStatusLine)]
    [InlineData("HTTP/1.1 1000 High", WireError.BadStatusLine)]
    [InlineData("HTTP/1.1 2x0 OK", WireError.BadStatusLine)]
    [InlineData("HTTP/1.1 20", WireError.BadStatusLine)]
    [InlineData("HTTP/1.1  200 OK", WireError.BadStatusLine)]
    [InlineData("HTTP/2.0 200 OK", WireError.BadStatusLine)]
    [InlineData("HTTP/1.2 200 OK", WireError.BadStatusLine)]
    [InlineData("http/1.1 200 OK", WireError.BadStatusLine)]
    [InlineData("ICY 200 OK", WireError.BadStatusLine)]
    [InlineData("HTTP/1.1 200 O\u0007K", WireError.BadStatusLine)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked", WireError.ConflictingFraming)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4", WireError.DuplicateContentLength)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", WireError.UnsupportedTransferEncoding)]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", WireError.BadTransferEncoding)]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 3", WireError.UnexpectedBody)]
    [InlineData("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked", WireError.UnexpectedBody)]
    [InlineData("HTTP/1.1 100 Continue\r\nContent-Length: 3", WireError.UnexpectedBody)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\nY: b", WireError.BadLineEnd)]
    [InlineData("HTTP/1.1 200 OK\r\nSet-Cookie : a", WireError.BadHeaderName)]
    public void BrokenResponse_IsRefused(string text, WireError error) => Assert.Equal(error, Parsed.OfResponse(text + "\r\n\r\n").Error);

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTQ")]
    [InlineData("\u0015\u0003\u0003")]
    public void OtherProtocol_IsRefusedAtOnce(string text) => Assert.Equal(WireError.BadStatusLine, Parsed.OfResponse(text).Error);

    [Theory]
    [InlineData("")]
    [InlineData("H")]
    [InlineData("HTTP/1.1 200 OK\r\nX: y\r\n")]
    public void Beginning_NeedsMore(string text) => Assert.Equal(ParseResult.NeedMore, Parsed.OfResponse(text).Result);

    [Fact]
    public void InterimResponse_IsToldApartFromSwitching()
    {
        Assert.True(Parsed.OfResponse("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").Response.IsInterim);
        Assert.False(Parsed.OfResponse("HTTP/1.1 101 Switching Protocols\r\n\r\n").Response.IsInterim);
    }

    [Fact]
    public void Parsing_AllocatesNothing()
    {
        byte[] input = Parsed.Bytes("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nServer: x\r\nDate: now\r\n\r\n");
        HeaderField[] fields = new HeaderField[16];
        Assert.Equal(0, Allocation.Of(() =>
        {
            int scanned = 0;
            Http1ResponseParser.Parse(input, RequestMethod.Get, fields, Http1Limits.Mesh, ref scanned, out _, out _);
        }));
    }
}
