using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Engine;

/// <summary>What becomes of each kind of connection when the proxy drains, and when the time for it is up.</summary>
public class DrainTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task KeptAliveConnection_IsAnsweredOnceMoreAndClosed()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        Assert.DoesNotContain("connection: close", (await client.ReadResponseAsync()).Head);
        proxy.Engine.EndsKeepalive = true;
        await client.SendAsync(Request);
        Assert.Contains("connection: close\r\n", (await client.ReadResponseAsync()).Head);
        Assert.Equal(("", false), await client.ReadToEndAsync());

        // New connections are still taken, each for one request.
        using RawClient next = await proxy.ConnectAsync();
        await next.SendAsync(Request);
        Assert.Contains("connection: close\r\n", (await next.ReadResponseAsync()).Head);
        proxy.Engine.EndsKeepalive = false;
        using RawClient last = await proxy.ConnectAsync();
        await last.SendAsync(Request);
        Assert.DoesNotContain("connection: close", (await last.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task RequestOnItsWayWhenTheDrainBegins_IsServed()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        await client.ReadResponseAsync();
        Task<bool> drain = proxy.Engine.DrainAsync(ProxyUnderTest.Deadline);
        await client.SendAsync(Request);
        Assert.Contains("connection: close\r\n", (await client.ReadResponseAsync()).Head);
        Assert.True(await drain);
    }

    [Fact]
    public async Task Http2Connection_IsToldInTwoStepsAndItsStreamFinishes()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            asked.SetResult();
            await answer.Task.WaitAsync(ProxyUnderTest.Deadline);
            await upstream.SendAsync(Ok);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
        await client.SendAsync(RawHttp2Client.Get(1, "/"));
        await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        Task<bool> drain = proxy.Engine.DrainAsync(ProxyUnderTest.Deadline);
        Assert.Equal(int.MaxValue, LastStream(await client.ReadUntilAsync(Http2FrameType.GoAway, 0)));
        RawFrame ping = await client.ReadUntilAsync(Http2FrameType.Ping, 0);
        await client.SendAsync(RawHttp2Client.Frame(Http2FrameType.Ping, 1, 0, ping.Payload));
        Assert.Equal(1, LastStream(await client.ReadUntilAsync(Http2FrameType.GoAway, 0)));
        answer.SetResult();
        await client.ExpectStatusAsync(1, "200");
        Assert.True(await drain);
    }

    [Fact]
    public async Task Tunnel_LivesForTheDrainTimeAndEndsWithItsRecord()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
            while (await upstream.ReceiveAsync() is { Length: > 0 } bytes) await upstream.SendAsync(bytes);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\n");
        Assert.False(await proxy.Engine.DrainAsync(TimeSpan.FromMilliseconds(50)));
        await client.SendAsync("ping");
        Assert.Equal("ping"u8.ToArray(), await client.ReadExactlyAsync(4));
        await proxy.Engine.EndConnectionsAsync(ProxyUnderTest.Deadline);
        Assert.Equal(("", false), await client.ReadToEndAsync());
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.DownstreamConnectionTermination, "downstream_local_disconnect(drain_timeout)"), (record.Flags, record.Details));
        Assert.Equal(0, proxy.Engine.DownstreamConnections);
    }

    [Fact]
    public async Task TcpConnection_LivesForTheDrainTimeAndEndsWithItsRecord()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(
            ProxyUnderTest.Cluster(server.Port), new TcpProxyModel { StatPrefix = "tcp", Clusters = [new WeightedClusterModel("upstream", 1)] });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("ping");
        Assert.Equal("ping"u8.ToArray(), await client.ReadExactlyAsync(4));
        Assert.False(await proxy.Engine.DrainAsync(TimeSpan.FromMilliseconds(50)));
        await client.SendAsync("pong");
        Assert.Equal("pong"u8.ToArray(), await client.ReadExactlyAsync(4));
        await proxy.Engine.EndConnectionsAsync(ProxyUnderTest.Deadline);
        Assert.Equal(("", false), await client.ReadToEndAsync());
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal(("drain_timeout", 8, 8), (record.Details, record.RequestBytes, record.ResponseBytes));
    }

    [Fact]
    public async Task UnfinishedRequestAtTheEnd_IsCutOffAndRecorded()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
            await upstream.ReceiveAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        await client.ReadUntilAsync("half");
        Assert.False(await proxy.Engine.DrainAsync(TimeSpan.FromMilliseconds(50)));
        await proxy.Engine.EndConnectionsAsync(ProxyUnderTest.Deadline);
        Assert.Equal(("", true), await client.ReadToEndAsync());
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.DownstreamConnectionTermination, "downstream_local_disconnect(drain_timeout)"), (record.Status, record.Flags, record.Details));
    }

    [Fact]
    public async Task ListenerThatComesDuringTheDrain_IsNotOpen()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster());
        Assert.True(await proxy.Engine.DrainAsync(ProxyUnderTest.Deadline));
        proxy.Publish(new ListenerModel { Name = "late", Address = ProxyUnderTest.Loopback(0), FilterChains = [new FilterChainModel { Terminal = ProxyUnderTest.Manager }] });
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        int port = proxy.Engine.BoundAddress("late").Port;
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () => await RawClient.ConnectAsync(port));
    }

    private static int LastStream(RawFrame goAway) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(goAway.Payload.AsSpan(0, 4));
}
