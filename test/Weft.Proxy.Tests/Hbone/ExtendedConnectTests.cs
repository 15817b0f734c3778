using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.Http2Script;

namespace Weft.Proxy.Tests.Hbone;

/// <summary>The extended CONNECT of WebSockets (RFC 8441) with peers that do not take it, or take it too far.</summary>
public class ExtendedConnectTests
{
    private const string Upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    [Fact]
    public async Task EndpointThatDidNotAnnounceIt_IsNotAsked()
    {
        var first = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = Http2Script.Start(async (connection, _) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            first.SetResult(head.Stream);
            await connection.SendAsync(Headers, 4, head.Stream, 0x88);
            await connection.SendAsync(Data, 1, head.Stream, "hello"u8.ToArray());
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Upgrade);
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Contains("the endpoint takes no extended CONNECT (RFC 8441)", body);
        using RawClient next = await proxy.ConnectAsync();
        await next.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await next.ReadUntilAsync("hello");
        // The first stream that it ever saw is the plain request's.
        Assert.Equal(1, await first.Task.WaitAsync(ProxyUnderTest.Deadline));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task EndpointThatAnnouncedIt_IsAskedOnItsFirstConnection()
    {
        using ScriptedServer server = Http2Script.Start(
            async (connection, _) =>
            {
                Frame head = await connection.ReadAsync(Headers);
                await connection.SendAsync(Headers, 4, head.Stream, 0x88);
                Frame data = await connection.ReadAsync(Data);
                await connection.SendAsync(Data, 1, head.Stream, data.Payload);
                await connection.DrainAsync();
            },
            Setting(8, 1));
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Upgrade);
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadUntilAsync("\r\n\r\n"));
        await client.SendAsync("anything");
        Assert.Equal("anything", await client.ReadUntilAsync("anything"));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task TrailersBehindTheHead_BreakTheStream()
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream => await upstream.ReadToEndAsync());
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
        await client.SendAsync(
            RawHttp2Client.Frame(Http2FrameType.Headers, 4, 1, RawHttp2Client.Block(
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("sec-websocket-version", "13"))),
            RawHttp2Client.Frame(Http2FrameType.Headers, 5, 1, RawHttp2Client.Block(("x-sum", "1"))));
        await client.ExpectResetAsync(1, Http2ErrorCode.ProtocolError);
    }

    private static ProxyUnderTest Start(int port) => ProxyUnderTest.Start(
        new ClusterModel { Name = "upstream", Protocol = UpstreamProtocol.Http2, Endpoints = ProxyUnderTest.Endpoints(port) });
}
