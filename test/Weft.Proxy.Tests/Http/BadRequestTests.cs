using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

/// <summary>What a client must not send, end to end: refused, seen by no upstream, recorded once, connection closed.</summary>
public class BadRequestTests
{
    public static TheoryData<string, int> Requests => new()
    {
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n", 400 },
        { "GET / HTTP/1.1\nHost: a\n\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400 },
        { "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505 },
        { "GET / http/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 426 },
        { "GET /" + new string('x', 70_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 431 },
        { "GET / HTTP/1.1\r\nHost: a\r\n" + string.Concat(Enumerable.Repeat("X-A: b\r\n", 101)) + "\r\n", 431 },
        { "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001", 400 },
        { "PRI * HTTP/2.0\r\nHost: a\r\n\r\nSM\r\n\r\n", 505 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task MalformedHead_IsRefusedAndSeenByNobody(string request, int status)
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        (string text, _) = await client.ReadToEndAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", text);
        Assert.Contains("connection: close\r\n", text);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((status, ResponseFlags.DownstreamProtocolError), (record.Status, record.Flags));
        await proxy.AssertNoMoreAsync();
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("11111111111111111\r\n")]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhelloX")]
    public async Task MalformedChunk_NeverBecomesAWholeRequest(string body)
    {
        var received = new TaskCompletionSource<string>();
        using ScriptedServer server = ScriptedServer.Start(async upstream => received.SetResult((await upstream.ReadToEndAsync()).Text));
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        (string text, _) = await client.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 400 ", text);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((400, ResponseFlags.DownstreamProtocolError), (record.Status, record.Flags));
        await proxy.AssertNoMoreAsync();
        await proxy.DisposeAsync();
        if (server.Connections > 0) Assert.DoesNotContain("0\r\n\r\n", await received.Task.WaitAsync(ProxyUnderTest.Deadline));
    }
}
