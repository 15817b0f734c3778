using System.Text;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Http;

/// <summary>Requests that are sound about half of the time, else broken where parsers have disagreed before. The same seed gives the same requests.</summary>
internal sealed class RandomRequests(int seed)
{
    private static readonly string[] s_methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD", "SEARCH", "G@T"];
    private static readonly string[] s_paths = ["", "?a=b", "/../x", "//x", "%2f", "#x", " x", "\tx", "?a=b?c", ";x=y"];
    private static readonly string[] s_lines =
    [
        "X-A: b", "X-A:\tb ", "X-A:", "X_A: b", "X-A : b", " X-A: b", "X-A: b\r\n c", "X-A: a\nX-B: b", "X-A: a\rX-B: b", "X-A: \0", "X-A: \u0080\u00ff", "X@: y", ": y", "no colon",
        "Connection: keep-alive", "Connection: close, x-a", "Connection: content-length", "Content_Length: 3", "Transfer_Encoding: chunked", "TE: trailers", "Expect: 100-continue",
        "Host: b", "Host: a@b", "Upgrade: h2c", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=5", "Trailer: x-t", "Cookie: a=b", "Content-Encoding: gzip",
    ];

    private static readonly string[] s_framings =
    [
        "Content-Length: {0}", "Content-Length: {1}", "Content-Length: {2}", "Content-Length: +{0}", "Content-Length: {0}, {0}", "Content-Length: {0}\r\nContent-Length: {0}", "Content-Length: 0x{0}",
        "Content-Length: {0}\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: {0}", "Transfer-Encoding: identity\r\nContent-Length: {0}", "Content-Length:{0}", "content-length: 0{0}",
    ];

    private static readonly string[] s_codings =
    [
        "Transfer-Encoding: chunked", "transfer-encoding: Chunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked",
        "Transfer-Encoding:\tchunked", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: chunked;q=1",
    ];

    private static readonly string[] s_chunks =
    [
        "3\r\nabc\r\n", "03\r\nabc\r\n", "3;x=y\r\nabc\r\n", "3 \r\nabc\r\n", "3\nabc\r\n", "3\r\nabcd\r\n", "0x3\r\nabc\r\n", "+3\r\nabc\r\n", "3\r\nabc", "A\r\n0123456789\r\n", "3;\"\r\n\"\r\nabc\r\n",
    ];

    private static readonly string[] s_ends = ["0\r\n\r\n", "0\r\nx-t: 1\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "00\r\n\r\n", "0\n\n", "0\r\n", "0;x\r\n\r\n"];

    private readonly Random _random = new(seed);

    /// <summary>The bytes of one request over HTTP/1.1.</summary>
    public string Http1(int number)
    {
        StringBuilder text = new();
        text.Append(Mostly(s_methods)).Append(Chance(20) ? "  " : " ").Append(Chance(15) ? "http://a" : "").Append($"/r/{number}").Append(Mostly(s_paths));
        text.Append(Chance(30) ? " HTTP/1.0" : Chance(40) ? " HTTP/1.1 " : " HTTP/1.1").Append(Chance(40) ? "\n" : "\r\n");
        if (!Chance(30)) text.Append("Host: a\r\n");
        for (int lines = _random.Next(4); lines > 0; lines--) text.Append(s_lines[Chance(2) ? 0 : _random.Next(s_lines.Length)]).Append("\r\n");
        string body = "";
        switch (_random.Next(3))
        {
            case 0:
                body = Chance(3) ? $"GET /r/inner-{number} HTTP/1.1\r\nHost: a\r\n\r\n" : new string('(', _random.Next(1, 300));
                text.AppendFormat(null, Mostly(s_framings), body.Length, body.Length + _random.Next(1, 20), _random.Next(body.Length)).Append("\r\n");
                break;
            case 1:
                text.Append(Mostly(s_codings)).Append("\r\n");
                for (int chunks = _random.Next(4); chunks > 0; chunks--) body += Mostly(s_chunks);
                body += Mostly(s_ends);
                break;
            default:
                if (Chance(10)) body = "stray(";
                break;
        }

        return text.Append("\r\n").Append(body).ToString();
    }

    /// <summary>The frames of one request over HTTP/2, on stream 1.</summary>
    public byte[] Http2(int number)
    {
        List<(string Name, string Value)> fields = [(":method", Mostly(s_methods)), (":scheme", "http"), (":path", $"/r/{number}{Mostly(s_paths)}"), (":authority", "a")];
        for (int lines = _random.Next(4); lines > 0; lines--)
        {
            string[] parts = s_lines[Chance(2) ? 0 : _random.Next(s_lines.Length)].Split(':', 2);
            fields.Add((Chance(10) ? parts[0] : parts[0].ToLowerInvariant(), parts[^1].Trim(' ', '\t')));
        }

        if (Chance(15)) fields.Add(("transfer-encoding", "chunked"));
        if (Chance(15)) fields.Add(("x", "a\r\nContent-Length: 3"));
        int bytes = Chance(2) ? _random.Next(1, 300) : 0;
        if (Chance(2)) fields.Add(("content-length", Chance(4) ? $"{bytes + _random.Next(3)}" : $"{bytes}"));
        byte[] head = RawHttp2Client.Frame(Http2FrameType.Headers, bytes == 0 ? 5 : 4, 1, RawHttp2Client.Block([.. fields]));
        if (bytes == 0) return head;
        bool trailers = Chance(4);
        byte[] data = RawHttp2Client.Frame(Http2FrameType.Data, trailers ? 0 : 1, 1, new byte[bytes]);
        return trailers ? [.. head, .. data, .. RawHttp2Client.Frame(Http2FrameType.Headers, 5, 1, RawHttp2Client.Block(("x-t", "1")))] : [.. head, .. data];
    }

    private bool Chance(int of) => _random.Next(of) == 0;

    // The first is the sound one.
    private string Mostly(string[] choices) => Chance(3) ? choices[_random.Next(choices.Length)] : choices[0];
}
