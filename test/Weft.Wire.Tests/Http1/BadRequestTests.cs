using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http1;

/// <summary>The ways in which requests are broken or crafted to be read differently by two parsers. Each is refused with its own reason.</summary>
public sealed class BadRequestTests
{
    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked", WireError.ConflictingFraming)]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5", WireError.ConflictingFraming)]
    [InlineData("Content-Length: 5\r\nContent-Length: 6", WireError.DuplicateContentLength)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5", WireError.DuplicateContentLength)]
    [InlineData("Content-Length: 5, 6", WireError.DuplicateContentLength)]
    [InlineData("Content-Length: 5, 5", WireError.DuplicateContentLength)]
    [InlineData("Content-Length: +5", WireError.BadContentLength)]
    [InlineData("Content-Length: -0", WireError.BadContentLength)]
    [InlineData("Content-Length: 0x5", WireError.BadContentLength)]
    [InlineData("Content-Length: 5 5", WireError.BadContentLength)]
    [InlineData("Content-Length:", WireError.BadContentLength)]
    [InlineData("Content-Length: 12345678901234567890", WireError.BadContentLength)]
    [InlineData("Content-Length: 9223372036854775808", WireError.BadContentLength)]
    [InlineData("Transfer-Encoding: xchunked", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding: gzip", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding: identity", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding: chunked, gzip", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding: chunked, chunked", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding: gzip, chunked", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding: , chunked", WireError.BadTransferEncoding)]
    [InlineData("Transfer-Encoding: \"chunked\"", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding:", WireError.BadTransferEncoding)]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", WireError.BadTransferEncoding)]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", WireError.BadTransferEncoding)]
    [InlineData("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", WireError.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding : chunked", WireError.BadHeaderName)]
    [InlineData("Transfer-Encoding\t: chunked", WireError.BadHeaderName)]
    [InlineData("X: a\r\n folded", WireError.FoldedHeader)]
    [InlineData("X: a\r\n\tfolded", WireError.FoldedHeader)]
    [InlineData("X: a\vb", WireError.BadHeaderValue)]
    [InlineData("X: a\fb", WireError.BadHeaderValue)]
    [InlineData("X: a\u007fb", WireError.BadHeaderValue)]
    [InlineData("X: a\0b", WireError.BadLineEnd)]
    [InlineData("X\0: a", WireError.BadLineEnd)]
    [InlineData("X: a\nY: b", WireError.BadLineEnd)]
    [InlineData("X: a\rY: b", WireError.BadLineEnd)]
    [InlineData("X: a\n", WireError.BadLineEnd)]
    [InlineData(": a", WireError.BadHeaderName)]
    [InlineData("no colon", WireError.BadHeaderName)]
    [InlineData("nocolon", WireError.BadHeaderName)]
    [InlineData("(x): a", WireError.BadHeaderName)]
    [InlineData("X\u00e9: a", WireError.BadHeaderName)]
    [InlineData("Host: b", WireError.DuplicateHost)]
    [InlineData("Expect: 200-ok", WireError.UnsupportedExpectation)]
    public void HeaderLine_IsRefused(string line, WireError error)
    {
        Parsed parsed = Parsed.OfRequest($"POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
        Assert.Equal(error, parsed.Error);
        Assert.Equal(0, parsed.Consumed);
    }

    [Theory]
    [InlineData("", WireError.MissingHost)]
    [InlineData("Host:\r\n", WireError.MissingHost)]
    [InlineData("Host: user@a\r\n", WireError.BadHost)]
    [InlineData("Host: a/b\r\n", WireError.BadHost)]
    [InlineData("Host: a,b\r\n", WireError.BadHost)]
    [InlineData("Host: a b\r\n", WireError.BadHost)]
    [InlineData("Host: a?b\r\n", WireError.BadHost)]
    [InlineData("Host: a#b\r\n", WireError.BadHost)]
    [InlineData("Host: a\\b\r\n", WireError.BadHost)]
    [InlineData("Host: a:b\r\n", WireError.BadHost)]
    [InlineData("Host: a:1:2\r\n", WireError.BadHost)]
    [InlineData("Host: a:65536\r\n", WireError.BadHost)]
    [InlineData("Host: :80\r\n", WireError.BadHost)]
    [InlineData("Host: [::1\r\n", WireError.BadHost)]
    [InlineData("Host: []\r\n", WireError.BadHost)]
    [InlineData("Host: a]\r\n", WireError.BadHost)]
    [InlineData("Host: [::1]x\r\n", WireError.BadHost)]
    public void Host_IsRefused(string line, WireError error) => Assert.Equal(error, Parsed.OfRequest($"GET / HTTP/1.1\r\n{line}X: y\r\n\r\n").Error);

    [Theory]
    [InlineData("a")]
    [InlineData("a:")]
    [InlineData("a:80")]
    [InlineData("10.0.0.1:65535")]
    [InlineData("[::1]")]
    [InlineData("[fe80::1%25eth0]:80")]
    [InlineData("UPPER.example.")]
    public void Host_IsTaken(string host) => Assert.Equal(WireError.None, Parsed.OfRequest($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").Error);

    [Theory]
    [InlineData("GET /a#b HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET http://user@a/ HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET ftp://a/ HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET http:/// HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET a HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET a:80 HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET /\u007f HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET /\t HTTP/1.1", WireError.BadTarget)]
    [InlineData("CONNECT a HTTP/1.1", WireError.BadTarget)]
    [InlineData("CONNECT a: HTTP/1.1", WireError.BadTarget)]
    [InlineData("CONNECT /a:80 HTTP/1.1", WireError.BadTarget)]
    [InlineData("GET  / HTTP/1.1", WireError.BadRequestLine)]
    [InlineData("GET /  HTTP/1.1", WireError.BadVersion)]
    [InlineData("GET / HTTP/1.1 ", WireError.BadVersion)]
    [InlineData("GET /", WireError.BadRequestLine)]
    [InlineData("GET", WireError.BadMethod)]
    [InlineData("GET\t/ HTTP/1.1", WireError.BadMethod)]
    [InlineData("G@T / HTTP/1.1", WireError.BadMethod)]
    [InlineData(" GET / HTTP/1.1", WireError.BadMethod)]
    [InlineData("GET / HTTP/1.2", WireError.UnsupportedVersion)]
    [InlineData("GET / HTTP/2.0", WireError.UnsupportedVersion)]
    [InlineData("GET / HTTP/0.9", WireError.UnsupportedVersion)]
    [InlineData("PRI * HTTP/2.0", WireError.UnsupportedVersion)]
    [InlineData("GET / HTTP/01.1", WireError.BadVersion)]
    [InlineData("GET / http/1.1", WireError.BadVersion)]
    [InlineData("GET / HTTP/1.", WireError.BadVersion)]
    [InlineData("GET / HTTP/1.11", WireError.BadVersion)]
    [InlineData("GET / XHTTP/1.1", WireError.BadVersion)]
    [InlineData("GET / HTTP/1.0", WireError.Http10NotAccepted)]
    public void RequestLine_IsRefused(string line, WireError error)
    {
        Assert.Equal(error, Parsed.OfRequest($"{line}\r\nHost: a\r\n\r\n").Error);
        // It is already refused before the head is complete, so a peer that waits for an answer gets one.
        Assert.Equal(error, Parsed.OfRequest($"{line}\r\n").Error);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", WireError.BadLineEnd)]
    [InlineData("GET / HTTP/1.1\rHost: a\r\r", WireError.BadLineEnd)]
    [InlineData("GET /\0 HTTP", WireError.BadLineEnd)]
    [InlineData("\u0016\u0003\u0001\u0002", WireError.BadMethod)]
    [InlineData("\n", WireError.BadMethod)]
    [InlineData("\r\r", WireError.BadMethod)]
    [InlineData("{\"json\":1}", WireError.BadMethod)]
    [InlineData("\u0000", WireError.BadMethod)]
    public void GarbageWithoutAHeadEnd_IsRefusedAtOnce(string text, WireError error) => Assert.Equal(error, Parsed.OfRequest(text).Error);

    [Theory]
    [InlineData("")]
    [InlineData("\r")]
    [InlineData("\r\n")]
    [InlineData("G")]
    [InlineData("GET /")]
    [InlineData("GET / HTTP/1.1\r")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r")]
    public void Beginning_NeedsMore(string text) => Assert.Equal(ParseResult.NeedMore, Parsed.OfRequest(text).Result);

    [Fact]
    public void LongMethod_IsRefusedAfterSixtyFourBytes()
    {
        Assert.Equal(ParseResult.NeedMore, Parsed.OfRequest(new string('M', 64)).Result);
        Assert.Equal(WireError.BadMethod, Parsed.OfRequest(new string('M', 65)).Error);
        Assert.Equal(WireError.BadMethod, Parsed.OfRequest(new string('M', 65) + " / HTTP/1.1\r\nHost: a\r\n\r\n").Error);
    }

    [Fact]
    public void HeadAtTheLimit_IsTakenAndOneMoreIsRefused()
    {
        const string Start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        string fits = Start + new string('v', 60 * 1024 - Start.Length - 4) + "\r\n\r\n";
        Assert.Equal(60 * 1024, fits.Length);
        Assert.Equal(ParseStatus.Complete, Parsed.OfRequest(fits).Result.Status);
        Assert.Equal(WireError.HeadTooLarge, Parsed.OfRequest(fits.Replace("\r\n\r\n", "v\r\n\r\n")).Error);
        Assert.Equal(WireError.HeadTooLarge, Parsed.OfRequest("GET /" + new string('u', 60 * 1024)).Error);
        Assert.Equal(431, WireErrors.Status(WireError.HeadTooLarge));
    }

    [Fact]
    public void FieldsAtTheLimit_AreTakenAndOneMoreIsRefused()
    {
        string fields = string.Concat(Enumerable.Range(0, 99).Select(i => $"X-{i}: v\r\n"));
        Assert.Equal(ParseStatus.Complete, Parsed.OfRequest($"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").Result.Status);
        Assert.Equal(WireError.TooManyHeaders, Parsed.OfRequest($"GET / HTTP/1.1\r\nHost: a\r\n{fields}Y: v\r\n\r\n").Error);
        Assert.Equal(431, WireErrors.Status(WireError.TooManyHeaders));
    }

    [Fact]
    public void Underscores_FollowTheProfile()
    {
        const string Text = "GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 3\r\nX: y\r\n\r\n";
        Assert.Equal(HeaderFieldFlags.None, Parsed.OfRequest(Text).Fields[1].Flags);
        Assert.Equal(WireError.UnderscoreInHeaderName, Parsed.OfRequest(Text, Http1Limits.Edge).Error);
        Parsed dropped = Parsed.OfRequest(Text, new Http1Limits(UnderscorePolicy.Drop));
        Assert.Equal(HeaderFieldFlags.Dropped, dropped.Fields[1].Flags);
        Assert.True(dropped.Request.Has(HeadFlags.HasFieldsToRemove));
        Assert.Equal(BodyFraming.None, dropped.Request.Framing);
    }

    [Fact]
    public void EveryError_HasAStatusATokenAndASentence()
    {
        foreach (WireError error in Enum.GetValues<WireError>().Where(error => error != WireError.None))
        {
            Assert.InRange(WireErrors.Status(error), 400, 505);
            Assert.Matches("^[a-z0-9_.]+$", WireErrors.Details(error));
            Assert.NotEqual("http1.codec_error", WireErrors.Details(error));
            Assert.EndsWith(".", WireErrors.Describe(error));
            Assert.NotEqual("The peer broke the protocol.", WireErrors.Describe(error));
        }
    }
}
