using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class ForwardingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    [Fact]
    public async Task Get_ReachesUpstreamAndBack()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /a?b=c HTTP/1.1\r\nHost: one\r\nConnection: x-hop\r\nX-Hop: 1\r\nX-Envoy-Retry-On: 5xx\r\nX-Custom: yes\r\n\r\n");
        (string head, string seen) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("server: envoy\r\n", head);
        Assert.Contains("x-envoy-upstream-service-time: ", head);
        Assert.StartsWith("GET /a?b=c HTTP/1.1\r\nHost: one\r\n", seen);
        Assert.Contains("X-Custom: yes\r\n", seen);
        Assert.Contains("x-forwarded-for: 127.0.0.1\r\n", seen);
        Assert.Contains("x-forwarded-proto: http\r\n", seen);
        Assert.Matches("x-request-id: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\r\n", seen);
        Assert.DoesNotContain("hop", seen, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("retry-on", seen, StringComparison.OrdinalIgnoreCase);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, "via_upstream", "/a?b=c"), (record.Status, record.Details, record.Path));
        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task KeepAlive_UsesOneConnectionOnEachSide()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("hello", (await client.ReadResponseAsync()).Body);
        }

        Assert.Equal((1, 100), (server.Connections, server.Requests));
    }

    [Fact]
    public async Task OneByteSegments_GiveTheSameRequest()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        foreach (byte one in Encoding.ASCII.GetBytes("GET /slow HTTP/1.1\r\nHost: a\r\nX-Custom: yes\r\n\r\n")) await client.SendAsync(new[] { one });
        (_, string seen) = await client.ReadResponseAsync();
        Assert.StartsWith("GET /slow HTTP/1.1\r\nHost: a\r\nX-Custom: yes\r\n", seen);
    }

    [Fact]
    public async Task ThousandPipelinedRequests_AreAnsweredInOrder()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        Task send = client.SendAsync(string.Concat(Enumerable.Range(0, 1000).Select(i => $"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n")));
        for (int i = 0; i < 1000; i++) Assert.StartsWith($"GET /{i} HTTP/1.1\r\n", (await client.ReadResponseAsync()).Body);
        await send;
    }

    [Theory]
    [InlineData("Content-Length: 300000", false)]
    [InlineData("Transfer-Encoding: chunked", true)]
    public async Task Bodies_PassBothWaysWhole(string framing, bool chunked)
    {
        byte[] body = new byte[300_000];
        new Random(7).NextBytes(body);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            byte[] got = chunked ? await ReadChunkedAsync(upstream) : await upstream.ReadExactlyAsync(300_000);
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int at = 0; at < got.Length; at += 7000)
                await SendChunkAsync(upstream, got.AsMemory(at, Math.Min(7000, got.Length - at)));
            await upstream.SendAsync("0\r\nX-Trailer: dropped\r\n\r\n");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n");
        Task send = chunked ? SendChunkedAsync(client, body) : client.SendAsync(body);
        Assert.Contains("transfer-encoding: chunked\r\n", await client.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal(body, await ReadChunkedAsync(client));
        await send;
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((300_000, 300_000), (record.RequestBytes, record.ResponseBytes));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "Content-Length: 5\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", "X-A: b\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "Content-Length: 5\r\n")]
    public async Task ResponseWithoutBody_LeavesTheConnectionUsable(string method, string response, string expected)
    {
        using ScriptedServer server = ScriptedServer.Answering(response);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync($"{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Contains(expected, (await client.ReadResponseAsync(bodiless: true)).Head);
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Http10_IsAnsweredAndClosed()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new Weft.Proxy.Model.HttpConnectionManagerModel
        {
            InlineRoutes = TestRoutes.To("upstream"),
            AcceptHttp10 = true,
        });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
        (string text, bool reset) = await client.ReadToEndAsync();
        Assert.False(reset);
        Assert.DoesNotContain("chunked", text);
        Assert.EndsWith("connection: close\r\n\r\nhello", text);
    }

    [Fact]
    public async Task ExpectContinue_IsAnsweredHereAndNotForwarded()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            string body = Encoding.Latin1.GetString(await upstream.ReadExactlyAsync(4));
            Assert.DoesNotContain("\r\nexpect:", head, StringComparison.OrdinalIgnoreCase);
            await upstream.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{body}");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.ReadUntilAsync("\r\n\r\n"));
        await client.SendAsync("body");
        Assert.Equal("body", (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task EarlyResponse_IsForwardedAndTheConnectionClosed()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n");
            await upstream.ReceiveAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        (string text, bool reset) = await client.ReadToEndAsync();
        Assert.False(reset);
        Assert.Contains("HTTP/1.1 413 Payload Too Large\r\n", text);
        Assert.Contains("connection: close\r\n", text);
    }

    [Fact]
    public async Task Upgrade_TunnelsAndHoldsClientBytesBackUntil101()
    {
        var before = new TaskCompletionSource<string>();
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            before.SetResult(head + Encoding.Latin1.GetString(upstream.Socket.Available > 0 ? (await upstream.ReceiveAsync())! : []));
            await upstream.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
            while (await upstream.ReceiveAsync() is { Length: > 0 } bytes) await upstream.SendAsync(bytes);
            upstream.Socket.Shutdown(SocketShutdown.Send);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nEARLY");
        string head = await client.ReadUntilAsync("\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 Switching Protocols\r\n", head);
        Assert.Contains("upgrade: websocket", head);
        Assert.DoesNotContain("EARLY", await before.Task.WaitAsync(ProxyUnderTest.Deadline));
        Assert.Equal("EARLY", Encoding.Latin1.GetString(await client.ReadExactlyAsync(5)));
        await client.SendAsync("ping");
        Assert.Equal("ping", Encoding.Latin1.GetString(await client.ReadExactlyAsync(4)));
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(("", false), await client.ReadToEndAsync());
        Assert.Equal(101, (await proxy.NextAsync()).Status);
    }

    [Fact]
    public async Task UpgradeThatIsNotConfigured_Is403AndReachesNobody()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: spdy\r\nConnection: Upgrade\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403 ", (await client.ReadResponseAsync()).Head);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task ClientThatLeaves_EndsTheUpstreamRequest()
    {
        var gone = new TaskCompletionSource<bool>();
        var asked = new TaskCompletionSource();
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            asked.SetResult();
            gone.SetResult(await upstream.ReceiveAsync() is null or { Length: 0 });
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        }

        Assert.True(await gone.Task.WaitAsync(ProxyUnderTest.Deadline));
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((0, Weft.Proxy.Telemetry.ResponseFlags.DownstreamConnectionTermination), (record.Status, record.Flags));
    }

    [Fact]
    public async Task SlowReader_StopsTheUpstreamFromBeingRead()
    {
        long sent = 0;
        byte[] block = new byte[64 * 1024];
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
            for (int i = 0; i < 1024; i++)
            {
                await upstream.SendAsync(block);
                Interlocked.Add(ref sent, block.Length);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\n");

        // The sender stalls once the kernel's buffers are full: the same count in many looks in a row.
        long last = -1;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (int still = 0; still < 6; still = Interlocked.Read(ref sent) == last ? still + 1 : 0)
        {
            last = Interlocked.Read(ref sent);
            await timer.WaitForNextTickAsync();
        }

        Assert.True(last < 32 << 20, $"{last} bytes were taken from the upstream for a client that reads none");
        await client.ReadExactlyAsync(60 << 20);
    }

    private static async Task SendChunkAsync(RawClient peer, ReadOnlyMemory<byte> data)
    {
        await peer.SendAsync($"{data.Length:x}\r\n");
        await peer.SendAsync(data);
        await peer.SendAsync("\r\n");
    }

    private static async Task SendChunkedAsync(RawClient peer, byte[] body)
    {
        for (int at = 0; at < body.Length; at += 9999) await SendChunkAsync(peer, body.AsMemory(at, Math.Min(9999, body.Length - at)));
        await peer.SendAsync("0\r\n\r\n");
    }

    private static async Task<byte[]> ReadChunkedAsync(RawClient peer)
    {
        var all = new MemoryStream();
        while (true)
        {
            int size = Convert.ToInt32((await peer.ReadUntilAsync("\r\n")).Trim(), 16);
            if (size == 0)
            {
                while (await peer.ReadUntilAsync("\r\n") != "\r\n")
                {
                }

                return all.ToArray();
            }

            all.Write(await peer.ReadExactlyAsync(size));
            await peer.ReadUntilAsync("\r\n");
        }
    }
}
