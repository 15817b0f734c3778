using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Heads that are good: what comes out of them, and that it is what the rest of the proxy knows from HTTP/1.1.</summary>
public sealed class HeadBuilderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Request_ComesOutAsLinesWithHostFirst(bool indexed)
    {
        BuiltHead head = BuiltHead.OfRequest(BuiltHead.Get("user-agent: curl/8", "te: trailers", "x-a: 1"), indexed: indexed);
        Assert.Equal(Http2HeadError.None, head.Error);
        Assert.Equal("GEThttps/p?q=1a.example:8080host: a.example:8080\r\nuser-agent: curl/8\r\nte: trailers\r\nx-a: 1\r\n\r\n", head.Whole);
        RequestHead request = head.Request;
        Assert.Equal((RequestMethod.Get, WireVersion.Http2, BodyFraming.None), (request.Method, request.Version, request.Framing));
        Assert.Equal(HeadFlags.KeepAlive | HeadFlags.AcceptsTrailers | HeadFlags.HasFieldsToRemove, request.Flags);
        Assert.Equal(
            ["GET", "/p?q=1", "/p?q=1", "/p", "q=1", "a.example:8080", "https"],
            new[] { request.MethodName, request.Target, request.PathAndQuery, request.Path, request.Query, request.Authority, request.Scheme }.Select(head.Text));
        Assert.Equal("host", Encoding.ASCII.GetString(head.Buffer, request.FieldsOffset, 4));
        Assert.Equal(head.Length - 2, request.FieldsEnd);
        Assert.Equal([KnownHeader.Host, KnownHeader.UserAgent, KnownHeader.Te, KnownHeader.None], head.Fields.ToArray().Select(field => field.Known));
        Assert.Equal(HeaderFieldFlags.HopByHop, head.Fields[2].Flags);
    }

    [Fact]
    public void Request_CanBeForwardedOverHttp1()
    {
        BuiltHead head = BuiltHead.OfRequest(BuiltHead.Get("cookie: a=1", "te: trailers", "x-a: 1", "cookie: b=2", "content-length: 3"), endStream: false);
        HeaderEdits edits = new();
        edits.RemoveMarked(head.Fields);
        byte[] buffer = new byte[500];
        HeadWriter writer = new(buffer);
        writer.RequestLine(head.Request.MethodName.Of(head.Buffer), head.Request.Target.Of(head.Buffer));
        writer.Fields(new HeadView(head.Buffer, head.Fields, head.Request.FieldsEnd, edits));
        writer.End();
        Assert.Equal(
            "GET /p?q=1 HTTP/1.1\r\nhost: a.example:8080\r\nx-a: 1\r\ncontent-length: 3\r\ncookie: a=1; b=2\r\n\r\n", Encoding.Latin1.GetString(buffer, 0, writer.Length));
    }

    [Fact]
    public void Request_CanBeForwardedOverHttp2()
    {
        BuiltHead head = BuiltHead.OfRequest(BuiltHead.Get("te: trailers", "!x-secret: s", "x-a: 1"));
        HeaderEdits edits = new();
        edits.Append(KnownHeader.XForwardedProto, "https"u8);
        edits.Append(KnownHeader.Connection, "close"u8);
        byte[] buffer = new byte[500];
        HpackWriter writer = new(new HpackEncoder(), buffer);
        writer.Pseudo(HpackStaticTable.Authority, head.Request.Authority.Of(head.Buffer));
        writer.Fields(new HeadView(head.Buffer, head.Fields, head.Request.FieldsEnd, edits));
        Assert.Equal(
            [":authority: a.example:8080", "te: trailers", "!x-secret: s", "x-a: 1", "x-forwarded-proto: https"],
            FieldList.Decode(new HpackDecoder(), Convert.ToHexString(buffer, 0, writer.Length)));
    }

    [Fact]
    public void HeadOfHttp1_LosesWhatHttp2DoesNotHave()
    {
        Http1.Parsed parsed = Http1.Parsed.OfRequest(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nKeep-Alive: 1\r\nProxy-Connection: y\r\nUpgrade: z\r\nTransfer-Encoding: chunked\r\nTE: gzip\r\nTE: Trailers\r\nX-Long-Name: v\r\nTrailer: t\r\n\r\n");
        byte[] buffer = new byte[500];
        HpackWriter writer = new(new HpackEncoder(), buffer);
        writer.Fields(new HeadView(parsed.Input, parsed.Fields, parsed.Request.FieldsEnd, null));
        Assert.Equal(["te: Trailers", "x-long-name: v", "trailer: t"], FieldList.Decode(new HpackDecoder(), Convert.ToHexString(buffer, 0, writer.Length)));
    }

    [Fact]
    public void HostAlone_StandsInForAuthority()
    {
        BuiltHead head = BuiltHead.OfRequest([":method: GET", ":scheme: http", ":path: /", "x-a: 1", "host: b.example"]);
        Assert.Equal((Http2HeadError.None, "b.example", "b.example"), (head.Error, head.Text(head.Request.Authority), head.Value(KnownHeader.Host)));
    }

    [Fact]
    public void HostThatSaysWhatAuthoritySays_IsThereOnce()
    {
        BuiltHead head = BuiltHead.OfRequest(BuiltHead.Get("host: A.example:8080", "x-a: 1"));
        Assert.Equal((Http2HeadError.None, 2, "a.example:8080"), (head.Error, head.Fields.Length, head.Text(head.Request.Authority)));
    }

    [Theory]
    [InlineData(true, "", BodyFraming.None, 0)]
    [InlineData(true, "content-length: 0", BodyFraming.None, 0)]
    [InlineData(false, "", BodyFraming.Chunked, 0)]
    [InlineData(false, "content-length: 7", BodyFraming.ContentLength, 7)]
    [InlineData(false, "content-length: 0", BodyFraming.ContentLength, 0)]
    public void RequestFraming_FollowsEndOfStreamAndContentLength(bool endStream, string field, BodyFraming framing, long length)
    {
        BuiltHead head = BuiltHead.OfRequest(BuiltHead.Get(field.Length == 0 ? [] : [field]), endStream);
        Assert.Equal((Http2HeadError.None, framing, length), (head.Error, head.Request.Framing, head.Request.ContentLength));
    }

    [Fact]
    public void Connect_HasAnAuthorityOnly()
    {
        BuiltHead head = BuiltHead.OfRequest([":method: CONNECT", ":authority: a:443"], endStream: false);
        Assert.Equal((Http2HeadError.None, RequestMethod.Connect, "a:443"), (head.Error, head.Request.Method, head.Text(head.Request.Target)));
        Assert.True(head.Request.Path.IsEmpty);
    }

    [Fact]
    public void ExtendedConnect_IsAnUpgrade()
    {
        string[] fields = [":method: CONNECT", ":protocol: websocket", ":scheme: https", ":path: /chat", ":authority: a"];
        BuiltHead head = BuiltHead.OfRequest(fields, endStream: false, allowProtocol: true);
        Assert.Equal((Http2HeadError.None, "websocket", "/chat", true), (head.Error, head.Text(head.Request.UpgradeToken), head.Text(head.Request.Target), head.Request.Has(HeadFlags.Upgrade)));
        Assert.Equal(Http2HeadError.UnexpectedProtocol, BuiltHead.OfRequest(fields, endStream: false).Error);
    }

    [Fact]
    public void OptionsOfTheWholeServer_IsTaken()
    {
        BuiltHead head = BuiltHead.OfRequest([":method: OPTIONS", ":scheme: http", ":path: *", ":authority: a"]);
        Assert.Equal((Http2HeadError.None, "*"), (head.Error, head.Text(head.Request.Path)));
    }

    [Fact]
    public void CookieCrumbs_BecomeOneLine()
    {
        BuiltHead head = BuiltHead.OfRequest(BuiltHead.Get("cookie: a=1", "x-a: 1", "!cookie: b=2", "x-b: 2", "cookie: c=3"));
        Assert.EndsWith("host: a.example:8080\r\nx-a: 1\r\nx-b: 2\r\ncookie: a=1; b=2; c=3\r\n\r\n", head.Whole);
        Assert.Equal((4, "a=1; b=2; c=3", HeaderFieldFlags.NeverIndexed), (head.Fields.Length, head.Value(KnownHeader.Cookie), head.Fields[3].Flags));
        Assert.Equal("2", Encoding.ASCII.GetString(head.Fields[2].Value(head.Buffer)));
    }

    [Fact]
    public void HostBetweenCookieCrumbs_IsStillTheAuthority()
    {
        BuiltHead head = BuiltHead.OfRequest([":method: GET", ":scheme: http", ":path: /", "cookie: a=1", "host: b.example", "cookie: c=3"]);
        Assert.Equal((Http2HeadError.None, "b.example"), (head.Error, head.Text(head.Request.Authority)));
    }

    [Fact]
    public void EveryRoomThatIsTooSmall_IsAnErrorAndNothingElse()
    {
        string[] fields = BuiltHead.Get("cookie: a=1", "x-a: 1", "cookie: b=2", "y: z");
        int needed = 0;
        for (int room = 0; needed == 0; room++)
        {
            BuiltHead head = BuiltHead.OfRequest(fields, room: room);
            if (head.Error == Http2HeadError.None)
                needed = room;
            else
                Assert.Equal(Http2HeadError.TooLarge, head.Error);
        }

        // The joined cookie stands beside its crumbs for a moment.
        Assert.InRange(needed, 100, 140);
    }

    [Fact]
    public void MoreFieldsThanTheStorage_AreTooMany() =>
        Assert.Equal(Http2HeadError.TooLarge, BuiltHead.OfRequest(BuiltHead.Get([.. Enumerable.Range(0, 64).Select(i => $"x: {i}")])).Error);

    [Theory]
    [InlineData(RequestMethod.Get, false, "200", "", BodyFraming.Chunked, -1)]
    [InlineData(RequestMethod.Get, true, "200", "", BodyFraming.None, -1)]
    [InlineData(RequestMethod.Get, false, "200", "7", BodyFraming.ContentLength, 7)]
    [InlineData(RequestMethod.Head, true, "200", "7", BodyFraming.None, 7)]
    [InlineData(RequestMethod.Get, true, "304", "7", BodyFraming.None, 7)]
    [InlineData(RequestMethod.Get, false, "204", "", BodyFraming.None, -1)]
    [InlineData(RequestMethod.Get, false, "103", "", BodyFraming.None, -1)]
    [InlineData(RequestMethod.Connect, false, "200", "", BodyFraming.Chunked, -1)]
    [InlineData(RequestMethod.Get, true, "999", "", BodyFraming.None, -1)]
    public void Response_ComesOutFramed(RequestMethod method, bool endStream, string status, string length, BodyFraming framing, long contentLength)
    {
        BuiltHead head = BuiltHead.OfResponse([$":status: {status}", "server: x", .. length.Length == 0 ? Array.Empty<string>() : [$"content-length: {length}"]], endStream, method);
        Assert.Equal(Http2HeadError.None, head.Error);
        Assert.Equal((int.Parse(status), framing, contentLength), (head.Response.Status, head.Response.Framing, head.Response.ContentLength));
        Assert.StartsWith("server: x\r\n", head.Whole);
    }

    [Fact]
    public void Trailers_ComeOutAsLines()
    {
        BuiltHead head = BuiltHead.OfTrailers("grpc-status: 0", "x-a: 1");
        Assert.Equal((Http2HeadError.None, 2, "grpc-status: 0\r\nx-a: 1\r\n\r\n"), (head.Error, head.Fields.Length, head.Whole));
    }

    [Fact]
    public void Underscores_FollowTheProfile()
    {
        Assert.Equal(HeaderFieldFlags.None, BuiltHead.OfRequest(BuiltHead.Get("content_length: 3")).Fields[1].Flags);
        Assert.Equal(Http2HeadError.UnderscoreInName, BuiltHead.OfRequest(BuiltHead.Get("content_length: 3"), underscores: UnderscorePolicy.Reject).Error);
        BuiltHead dropped = BuiltHead.OfRequest(BuiltHead.Get("content_length: 3"), underscores: UnderscorePolicy.Drop);
        Assert.Equal((HeaderFieldFlags.Dropped, true), (dropped.Fields[1].Flags, dropped.Request.Has(HeadFlags.HasFieldsToRemove)));
    }

    [Fact]
    public void Expectation_IsNoted() => Assert.True(BuiltHead.OfRequest(BuiltHead.Get("expect: 100-continue"), endStream: false).Request.Has(HeadFlags.ExpectsContinue));

    [Fact]
    public void Building_AllocatesNothing()
    {
        byte[] block = HpackEncoderTests.Encode(new HpackEncoder(), BuiltHead.Get("cookie: a=1", "user-agent: curl/8", "cookie: b=2"));
        byte[] buffer = new byte[1000];
        byte[] scratch = new byte[4096];
        HeaderField[] fields = new HeaderField[100];
        HpackDecoder decoder = new();
        Assert.Equal(0, Allocation.Of(() =>
        {
            Http2HeadBuilder builder = Http2HeadBuilder.ForRequest(buffer, fields, UnderscorePolicy.Reject, true);
            decoder.Decode(block, scratch, HpackLimits.Default, ref builder);
            if (builder.FinishRequest(true, out _) != Http2HeadError.None)
                throw new InvalidOperationException();
        }));
    }
}
