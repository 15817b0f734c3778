using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http1;

public sealed class RequestParserTests
{
    [Fact]
    public void PlainRequest_IsParsedWhole()
    {
        Parsed parsed = Parsed.OfRequest("GET /books/1?full=yes HTTP/1.1\r\nHost: shop.example:8080\r\nX-Other:  a b \t\r\nAccept:\r\n\r\nrest");

        Assert.Equal(ParseStatus.Complete, parsed.Result.Status);
        Assert.Equal(parsed.Input.Length - 4, parsed.Consumed);
        Assert.Equal(RequestMethod.Get, parsed.Request.Method);
        Assert.Equal("/books/1", parsed.Text(parsed.Request.Path));
        Assert.Equal("full=yes", parsed.Text(parsed.Request.Query));
        Assert.Equal("/books/1?full=yes", parsed.Text(parsed.Request.PathAndQuery));
        Assert.Equal("shop.example:8080", parsed.Text(parsed.Request.Authority));
        Assert.Equal(3, parsed.Request.FieldCount);
        Assert.Equal("X-Other", parsed.Name(1));
        Assert.Equal("a b", parsed.Value(1));
        Assert.Equal("", parsed.Value(2));
        Assert.Equal(KnownHeader.Accept, parsed.Fields[2].Known);
        Assert.Equal(BodyFraming.None, parsed.Request.Framing);
        Assert.Equal(HeadFlags.KeepAlive, parsed.Request.Flags);
    }

    [Theory]
    [InlineData("Connection: close", HeadFlags.Close | HeadFlags.HasFieldsToRemove)]
    [InlineData("Connection: Keep-Alive", HeadFlags.KeepAlive | HeadFlags.HasFieldsToRemove)]
    [InlineData("Connection: keep-alive, close", HeadFlags.Close | HeadFlags.HasFieldsToRemove)]
    [InlineData("Connection: upgrade\r\nUpgrade: websocket", HeadFlags.KeepAlive | HeadFlags.Upgrade | HeadFlags.HasFieldsToRemove)]
    [InlineData("Upgrade: websocket", HeadFlags.KeepAlive | HeadFlags.HasFieldsToRemove)]
    [InlineData("Expect: 100-Continue", HeadFlags.KeepAlive | HeadFlags.ExpectsContinue)]
    [InlineData("TE: trailers", HeadFlags.KeepAlive | HeadFlags.AcceptsTrailers | HeadFlags.HasFieldsToRemove)]
    [InlineData("Trailer: x-sum", HeadFlags.KeepAlive | HeadFlags.TrailersAnnounced)]
    [InlineData("X-A: b", HeadFlags.KeepAlive)]
    public void ConnectionFields_SetFlags(string lines, HeadFlags flags) =>
        Assert.Equal(flags, Parsed.OfRequest($"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n").Request.Flags);

    [Fact]
    public void ConnectionNamesAField_FieldIsHopByHop()
    {
        Parsed parsed = Parsed.OfRequest("GET / HTTP/1.1\r\nHost: a\r\nX-Hop: 1\r\nConnection: x-hop, close\r\nX-End: 2\r\n\r\n");
        Assert.Equal(
            [HeaderFieldFlags.None, HeaderFieldFlags.HopByHop, HeaderFieldFlags.HopByHop, HeaderFieldFlags.None],
            parsed.Fields.ToArray().Select(field => field.Flags));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("x-forwarded-for")]
    [InlineData("a b")]
    [InlineData("\"quoted\"")]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q")]
    public void ConnectionNamesWhatMustTravel_IsRefused(string value) => Assert.Equal(
        WireError.BadConnectionHeader, Parsed.OfRequest($"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: {value}\r\n\r\n").Error);

    [Theory]
    [InlineData("http://Other.example:81/p/q?r=s", "Other.example:81", "/p/q", "r=s", "http")]
    [InlineData("https://other.example", "other.example", "", "", "https")]
    [InlineData("HTTP://[::1]:80?x", "[::1]:80", "", "x", "HTTP")]
    public void AbsoluteForm_AuthorityReplacesHost(string target, string authority, string path, string query, string scheme)
    {
        Parsed parsed = Parsed.OfRequest($"GET {target} HTTP/1.1\r\nHost: ignored\r\n\r\n");
        Assert.Equal(WireError.None, parsed.Error);
        Assert.Equal(authority, parsed.Text(parsed.Request.Authority));
        Assert.Equal(path, parsed.Text(parsed.Request.Path));
        Assert.Equal(query, parsed.Text(parsed.Request.Query));
        Assert.Equal(scheme, parsed.Text(parsed.Request.Scheme));
        Assert.True(parsed.Request.Has(HeadFlags.AbsoluteForm));
        Assert.Equal(path.Length == 0 ? "/" : path, System.Text.Encoding.ASCII.GetString(View(parsed).Path));
    }

    [Fact]
    public void Connect_HasAnAuthorityAndNoPath()
    {
        Parsed parsed = Parsed.OfRequest("CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\n\r\n");
        Assert.Equal("db.example:5432", parsed.Text(parsed.Request.Authority));
        Assert.True(parsed.Request.Path.IsEmpty);
        Assert.True(View(parsed).Path.IsEmpty);
    }

    [Fact]
    public void Asterisk_IsForOptionsOnly()
    {
        Assert.Equal(WireError.None, Parsed.OfRequest("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").Error);
        Assert.Equal(WireError.BadTarget, Parsed.OfRequest("GET * HTTP/1.1\r\nHost: a\r\n\r\n").Error);
    }

    [Fact]
    public void UnknownMethod_KeepsItsBytes()
    {
        Parsed parsed = Parsed.OfRequest("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(RequestMethod.Other, parsed.Request.Method);
        Assert.Equal("PROPFIND", parsed.Text(parsed.Request.MethodName));
    }

    [Theory]
    [InlineData("Content-Length: 5", BodyFraming.ContentLength, 5)]
    [InlineData("Content-Length: 0", BodyFraming.None, 0)]
    [InlineData("content-length: 9223372036854775807", BodyFraming.ContentLength, long.MaxValue)]
    [InlineData("Content-Length: 0000000000000000042", BodyFraming.ContentLength, 42)]
    [InlineData("Transfer-Encoding: Chunked", BodyFraming.Chunked, 0)]
    [InlineData("Content_Length: 7", BodyFraming.None, 0)]
    [InlineData("Transfer_Encoding: chunked", BodyFraming.None, 0)]
    public void FramingFields_FrameTheBody(string line, BodyFraming framing, long length)
    {
        Parsed parsed = Parsed.OfRequest($"POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
        Assert.Equal(WireError.None, parsed.Error);
        Assert.Equal(framing, parsed.Request.Framing);
        Assert.Equal(length, parsed.Request.ContentLength);
    }

    [Fact]
    public void OneEmptyLineInFront_IsSkipped()
    {
        Parsed parsed = Parsed.OfRequest("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(ParseStatus.Complete, parsed.Result.Status);
        Assert.Equal(parsed.Input.Length, parsed.Consumed);
        Assert.Equal(WireError.BadRequestLine, Parsed.OfRequest("\r\n\r\n").Error);
    }

    [Fact]
    public void Http10Accepted_NeedsNoHostAndClosesUnlessAsked()
    {
        Http1Limits limits = Http1Limits.Mesh with { AcceptHttp10 = true };
        Parsed plain = Parsed.OfRequest("GET / HTTP/1.0\r\n\r\n", limits);
        Assert.Equal(ParseStatus.Complete, plain.Result.Status);
        Assert.Equal(HeadFlags.None, plain.Request.Flags);
        Assert.True(Parsed.OfRequest("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", limits).Request.Has(HeadFlags.KeepAlive));
        Assert.Equal(WireError.BadTransferEncoding, Parsed.OfRequest("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", limits).Error);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Segments_GiveTheSameHeadAsTheWhole(int segment)
    {
        byte[] whole = Parsed.Bytes("\r\nPOST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-Long: " + new string('v', 300) + "\r\n\r\nabc");
        HeaderField[] fields = new HeaderField[16];
        int scanned = 0;
        for (int length = 0; ; length = Math.Min(whole.Length, length + segment))
        {
            ParseResult result = Http1RequestParser.Parse(whole.AsSpan(0, length), fields, Http1Limits.Mesh, ref scanned, out RequestHead head, out int consumed);
            if (length < whole.Length - 3)
            {
                Assert.Equal(ParseResult.NeedMore, result);
                continue;
            }

            Assert.Equal(ParseStatus.Complete, result.Status);
            Assert.Equal(whole.Length - 3, consumed);
            Assert.Equal(3, head.ContentLength);
            return;
        }
    }

    [Fact]
    public void SixtyKibibytesInOneByteSegments_CostsLinearTime()
    {
        byte[] whole = Parsed.Bytes("GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('v', 61000) + "\r\n\r\n");
        HeaderField[] fields = new HeaderField[16];
        int scanned = 0;
        long start = Environment.TickCount64;
        ParseResult result = default;
        for (int length = 1; length <= whole.Length; length++)
            result = Http1RequestParser.Parse(whole.AsSpan(0, length), fields, Http1Limits.Mesh, ref scanned, out _, out _);
        Assert.Equal(ParseStatus.Complete, result.Status);
        // Linear is a few milliseconds; searching from the start each time would read 1.8 GB.
        Assert.InRange(Environment.TickCount64 - start, 0, 2000);
    }

    [Fact]
    public void Parsing_AllocatesNothing()
    {
        byte[] input = Parsed.Bytes("GET /books/1?full=yes HTTP/1.1\r\nHost: shop\r\nConnection: x-a\r\nX-A: 1\r\nUser-Agent: t\r\nCookie: a=b\r\n\r\n");
        HeaderField[] fields = new HeaderField[16];
        Assert.Equal(0, Allocation.Of(() =>
        {
            int scanned = 0;
            Http1RequestParser.Parse(input, fields, Http1Limits.Mesh, ref scanned, out _, out _);
        }));
    }

    private static RequestView View(Parsed parsed) => new(parsed.Request, new HeadView(parsed.Input, parsed.Fields, parsed.Request.FieldsEnd, null));
}
