using CsCheck;
using Weft.Wire.Http;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Heads that are malformed (RFC 9113 section 8): the cases of the catalogue of bad input, each by itself.</summary>
public sealed class MalformedHeadTests
{
    [Theory]
    [InlineData("X-Upper: a", Http2HeadError.UppercaseName)]
    [InlineData("content-lengtH: 1", Http2HeadError.UppercaseName)]
    [InlineData("na me: a", Http2HeadError.BadName)]
    [InlineData("na\u0000me: a", Http2HeadError.BadName)]
    [InlineData("na\u00e9me: a", Http2HeadError.BadName)]
    [InlineData("na:me: a", Http2HeadError.BadName)]
    [InlineData("x: a\r\nevil: b", Http2HeadError.BadValue)]
    [InlineData("x: a\u0000b", Http2HeadError.BadValue)]
    [InlineData("x: a\nb", Http2HeadError.BadValue)]
    [InlineData("x:  a", Http2HeadError.BadValue)]
    [InlineData("x: a\t", Http2HeadError.BadValue)]
    [InlineData(":path: /again", Http2HeadError.DuplicatePseudo)]
    [InlineData(":status: 200", Http2HeadError.UnknownPseudo)]
    [InlineData(":unknown: x", Http2HeadError.UnknownPseudo)]
    [InlineData(":Path: /", Http2HeadError.UnknownPseudo)]
    [InlineData(":: x", Http2HeadError.UnknownPseudo)]
    [InlineData("connection: close", Http2HeadError.ConnectionField)]
    [InlineData("keep-alive: 1", Http2HeadError.ConnectionField)]
    [InlineData("proxy-connection: close", Http2HeadError.ConnectionField)]
    [InlineData("transfer-encoding: chunked", Http2HeadError.ConnectionField)]
    [InlineData("upgrade: websocket", Http2HeadError.ConnectionField)]
    [InlineData("te: gzip", Http2HeadError.BadTe)]
    [InlineData("te: trailers, gzip", Http2HeadError.BadTe)]
    [InlineData("te: ", Http2HeadError.BadTe)]
    [InlineData("host: other.example", Http2HeadError.ConflictingHost)]
    [InlineData("host: ", Http2HeadError.ConflictingHost)]
    [InlineData("content-length: ", Http2HeadError.BadContentLength)]
    [InlineData("content-length: +5", Http2HeadError.BadContentLength)]
    [InlineData("content-length: 5, 5", Http2HeadError.BadContentLength)]
    [InlineData("content-length: 0x5", Http2HeadError.BadContentLength)]
    [InlineData("content-length: 9223372036854775808", Http2HeadError.BadContentLength)]
    [InlineData("content-length: 5", Http2HeadError.ContentLengthMismatch)]
    [InlineData("expect: 200-ok", Http2HeadError.UnsupportedExpectation)]
    public void FieldBehindAGoodRequest_IsRefused(string field, Http2HeadError error) => Assert.Equal(error, BuiltHead.OfRequest(BuiltHead.Get(field)).Error);

    [Fact]
    public void EmptyName_IsRefused() => Assert.Equal(Http2HeadError.BadName, BuiltHead.OfRequest(BuiltHead.Get("!: x")).Error);

    [Theory]
    [InlineData("content-length: 5", "content-length: 5", Http2HeadError.BadContentLength)]
    [InlineData("host: a.example:8080", "host: a.example:8080", Http2HeadError.ConflictingHost)]
    [InlineData("x-a: 1", ":path: /", Http2HeadError.LatePseudo)]
    [InlineData("x-a: 1", ":protocol: websocket", Http2HeadError.LatePseudo)]
    public void PairOfFieldsBehindAGoodRequest_IsRefused(string first, string second, Http2HeadError error) =>
        Assert.Equal(error, BuiltHead.OfRequest(BuiltHead.Get(first, second), endStream: false).Error);

    [Theory]
    [InlineData(":method", "", Http2HeadError.MissingPseudo)]
    [InlineData(":method", "G T", Http2HeadError.BadMethod)]
    [InlineData(":method", "CONNECT", Http2HeadError.BadConnect)]
    [InlineData(":method", null, Http2HeadError.MissingPseudo)]
    [InlineData(":scheme", "", Http2HeadError.MissingPseudo)]
    [InlineData(":scheme", "HtTp", Http2HeadError.BadScheme)]
    [InlineData(":scheme", "ftp", Http2HeadError.BadScheme)]
    [InlineData(":scheme", null, Http2HeadError.MissingPseudo)]
    [InlineData(":path", "", Http2HeadError.MissingPseudo)]
    [InlineData(":path", "*", Http2HeadError.BadPath)]
    [InlineData(":path", "p", Http2HeadError.BadPath)]
    [InlineData(":path", "http://a/", Http2HeadError.BadPath)]
    [InlineData(":path", "/a b", Http2HeadError.BadPath)]
    [InlineData(":path", "/a#b", Http2HeadError.BadPath)]
    [InlineData(":path", "/a\r\nb", Http2HeadError.BadPath)]
    [InlineData(":path", "/a\u0000", Http2HeadError.BadPath)]
    [InlineData(":path", null, Http2HeadError.MissingPseudo)]
    [InlineData(":authority", "", Http2HeadError.MissingPseudo)]
    [InlineData(":authority", "user@a", Http2HeadError.BadAuthority)]
    [InlineData(":authority", "a/b", Http2HeadError.BadAuthority)]
    [InlineData(":authority", "a, b", Http2HeadError.BadAuthority)]
    [InlineData(":authority", "a:x", Http2HeadError.BadAuthority)]
    [InlineData(":authority", null, Http2HeadError.MissingPseudo)]
    public void PseudoField_IsRefused(string name, string? value, Http2HeadError error)
    {
        string[] fields = [.. BuiltHead.Get().Where(field => !field.StartsWith(name + ": ", StringComparison.Ordinal)), .. value is null ? Array.Empty<string>() : [$"{name}: {value}"]];
        Assert.Equal(error, BuiltHead.OfRequest(fields).Error);
    }

    [Fact]
    public void LongMethod_IsRefusedBeyondSixtyFourBytes()
    {
        string[] Method(int length) => [$":method: {new string('M', length)}", ":scheme: http", ":path: /", ":authority: a"];
        Assert.Equal(Http2HeadError.None, BuiltHead.OfRequest(Method(64)).Error);
        Assert.Equal(Http2HeadError.BadMethod, BuiltHead.OfRequest(Method(65)).Error);
    }

    [Theory]
    [InlineData(":method: CONNECT")]
    [InlineData(":method: CONNECT", ":authority: a:443", ":path: /")]
    [InlineData(":method: CONNECT", ":authority: a:443", ":scheme: http")]
    [InlineData(":method: CONNECT", ":authority: a")]
    [InlineData(":method: CONNECT", "host: a:443")]
    [InlineData(":method: CONNECT", ":protocol: websocket", ":authority: a", ":path: /")]
    [InlineData(":method: CONNECT", ":protocol: web socket", ":authority: a", ":path: /", ":scheme: http")]
    [InlineData(":method: GET", ":protocol: websocket", ":authority: a", ":path: /", ":scheme: http")]
    public void BadConnect_IsRefused(params string[] fields) => Assert.NotEqual(Http2HeadError.None, BuiltHead.OfRequest(fields, endStream: false, allowProtocol: true).Error);

    [Theory]
    [InlineData(false, Http2HeadError.MissingPseudo, "server: x")]
    [InlineData(false, Http2HeadError.LatePseudo, "server: x", ":status: 200")]
    [InlineData(false, Http2HeadError.DuplicatePseudo, ":status: 200", ":status: 200")]
    [InlineData(false, Http2HeadError.UnknownPseudo, ":status: 200", ":path: /")]
    [InlineData(false, Http2HeadError.BadStatus, ":status: 099")]
    [InlineData(false, Http2HeadError.BadStatus, ":status: 1000")]
    [InlineData(false, Http2HeadError.BadStatus, ":status: 20")]
    [InlineData(false, Http2HeadError.BadStatus, ":status: +20")]
    [InlineData(false, Http2HeadError.BadStatus, ":status: 101")]
    [InlineData(true, Http2HeadError.InterimEndsStream, ":status: 100")]
    [InlineData(true, Http2HeadError.ContentLengthMismatch, ":status: 200", "content-length: 5")]
    [InlineData(false, Http2HeadError.ContentLengthMismatch, ":status: 204", "content-length: 5")]
    [InlineData(false, Http2HeadError.ContentLengthMismatch, ":status: 103", "content-length: 5")]
    [InlineData(false, Http2HeadError.ConnectionField, ":status: 200", "connection: close")]
    [InlineData(false, Http2HeadError.BadValue, ":status: 200", "x: a\r\nb")]
    public void BadResponse_IsRefused(bool endStream, Http2HeadError error, params string[] fields) => Assert.Equal(error, BuiltHead.OfResponse(fields, endStream).Error);

    [Theory]
    [InlineData(":status: 200", Http2HeadError.UnknownPseudo)]
    [InlineData(":path: /", Http2HeadError.UnknownPseudo)]
    [InlineData("X: a", Http2HeadError.UppercaseName)]
    [InlineData("x: a\nb", Http2HeadError.BadValue)]
    [InlineData("connection: close", Http2HeadError.ConnectionField)]
    [InlineData("transfer-encoding: chunked", Http2HeadError.ConnectionField)]
    public void BadTrailer_IsRefused(string field, Http2HeadError error) => Assert.Equal(error, BuiltHead.OfTrailers("x: y", field).Error);

    [Fact]
    public void EveryError_HasADetailsToken()
    {
        string[] tokens = [.. Enum.GetValues<Http2HeadError>().Where(error => error != Http2HeadError.None).Select(Http2HeadErrors.Details)];
        Assert.All(tokens, token => Assert.Matches("^http2\\.[a-z0-9_]+$", token));
        Assert.DoesNotContain("http2.codec_error", tokens);
        Assert.Equal([417, 431, 400, 0], new[] { Http2HeadError.UnsupportedExpectation, Http2HeadError.TooLarge, Http2HeadError.UnderscoreInName, Http2HeadError.BadPath }.Select(Http2HeadErrors.Status));
    }

    [Fact]
    public void RandomLists_NeverThrowAndWhatIsTakenIsAHeadOfHttp1()
    {
        string[] parts =
        [
            ":method: GET", ":scheme: http", ":path: /p?q", ":authority: a", "host: a", "cookie: a=1", "cookie: b=2", "x-a: 1", "te: trailers", "content-length: 3", "content-length: 0",
            ":method: CONNECT", "X: y", "x_y: z", "expect: 100-continue", "trailer: t", ":authority: b:1", "x-a: \u00e9", "http2-settings: AAA",
        ];
        int taken = 0;
        Gen.Select(Gen.Int[0, parts.Length - 1].Array[0, 8], Gen.Bool, Gen.Bool, Gen.Int[20, 400]).Sample((chosen, isGood, endStream, room) =>
        {
            BuiltHead head = BuiltHead.OfRequest([.. isGood ? BuiltHead.Get() : [], .. chosen.Select(part => parts[part])], endStream, room: room);
            if (head.Error != Http2HeadError.None || head.Request.Method == RequestMethod.Connect)
                return;
            Interlocked.Increment(ref taken);
            string lines = head.Whole[head.Request.FieldsOffset..];
            Http1.Parsed parsed = Http1.Parsed.OfRequest($"{head.Text(head.Request.MethodName)} {head.Text(head.Request.Target)} HTTP/1.1\r\n{lines}");
            Assert.Equal((WireError.None, head.Fields.Length), (parsed.Error, parsed.Fields.Length));
            Assert.Equal(head.Text(head.Request.Authority), parsed.Text(parsed.Request.Authority));
            Assert.Equal(head.Fields.ToArray().Select(field => field.Known), parsed.Fields.ToArray().Select(field => field.Known));
        }, iter: 20_000);
        Assert.True(taken > 500, $"Only {taken} heads were taken.");
    }
}
