using System.Net.Sockets;
using Weft.Proxy.Model;

namespace Weft.Proxy.Tests.Engine;

public class LifecycleTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task Drain_FinishesOpenRequestsAndTakesNoNewConnections()
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
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), concurrency: 2);
        int port = proxy.Port;
        using RawClient busy = await proxy.ConnectAsync();
        using RawClient idle = await proxy.ConnectAsync();
        await busy.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        Task<bool> drain = proxy.Engine.DrainAsync(ProxyUnderTest.Deadline);
        Assert.Equal(("", false), await idle.ReadToEndAsync());
        // The other worker may be a moment behind this connection's.
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        await Assert.ThrowsAsync<SocketException>(async () => await RawClient.ConnectAsync(port));
        answer.SetResult();
        (string head, string body) = await busy.ReadResponseAsync();
        Assert.Contains("connection: close\r\n", head);
        Assert.Equal("ok", body);
        Assert.True(await drain.WaitAsync(ProxyUnderTest.Deadline));
    }

    [Fact]
    public async Task EndpointChurnUnderLoad_FailsNoRequest()
    {
        using ScriptedServer a = ScriptedServer.Answering(Ok), b = ScriptedServer.Answering(Ok);
        ListenerModel listener = ProxyUnderTest.Listener(ProxyUnderTest.Manager);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(2, listener, ProxyUnderTest.Cluster(a.Port));
        using var stop = new CancellationTokenSource();
        Task<int>[] loads = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => LoadAsync(proxy, stop.Token)))];
        for (int i = 0; i < 1000; i++)
        {
            proxy.Publish(listener, ProxyUnderTest.Cluster(i % 3 == 0 ? [a.Port] : i % 3 == 1 ? [b.Port] : [a.Port, b.Port]));
            if (i % 20 == 0) Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        }

        await stop.CancelAsync();
        int[] answered = await Task.WhenAll(loads).WaitAsync(ProxyUnderTest.Deadline);
        Assert.All(answered, count => Assert.True(count > 0));
        Assert.True(a.Requests > 0 && b.Requests > 0);
    }

    [Fact]
    public async Task RemovedEndpoint_GetsNoNewRequest()
    {
        using ScriptedServer a = ScriptedServer.Answering(Ok), b = ScriptedServer.Answering(Ok);
        ListenerModel listener = ProxyUnderTest.Listener(ProxyUnderTest.Manager);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, listener, ProxyUnderTest.Cluster(a.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();
        proxy.Publish(listener, ProxyUnderTest.Cluster(b.Port));
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        Assert.Equal((1, 20), (a.Requests, b.Requests));
    }

    [Fact]
    public async Task Tunnel_LivesThroughAHundredUnrelatedChanges()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
            while (await upstream.ReceiveAsync() is { Length: > 0 } bytes) await upstream.SendAsync(bytes);
        });
        ListenerModel listener = ProxyUnderTest.Listener(ProxyUnderTest.Manager);
        ClusterModel cluster = ProxyUnderTest.Cluster(server.Port);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, listener, cluster);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\n");
        for (int i = 0; i < 100; i++)
        {
            proxy.Publish(listener, cluster, new ClusterModel { Name = $"other-{i}" });
            Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
            await client.SendAsync("ping");
            Assert.Equal("ping"u8.ToArray(), await client.ReadExactlyAsync(4));
        }
    }

    [Fact]
    public async Task ChangedListener_EndsItsConnectionsAfterTheirNextResponse()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        ClusterModel cluster = ProxyUnderTest.Cluster(server.Port);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, ProxyUnderTest.Listener(ProxyUnderTest.Manager), cluster);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.DoesNotContain("connection: close", (await client.ReadResponseAsync()).Head);
        proxy.Publish(ProxyUnderTest.Listener(ProxyUnderTest.Manager), cluster);
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string text, bool reset) = await client.ReadToEndAsync();
        Assert.False(reset);
        Assert.Contains("connection: close", text);
        using RawClient next = await proxy.ConnectAsync();
        await next.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("ok", (await next.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task AddressInUse_IsASentenceAndTheOldListenerStays()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        int port = proxy.Port;
        IReadOnlyList<string> errors = proxy.Engine.Publish(new ProxySnapshot
        {
            Version = 100,
            Listeners = [new ListenerModel { Name = "test", Address = ProxyUnderTest.Loopback(server.Port), FilterChains = [new FilterChainModel { Terminal = ProxyUnderTest.Manager }] }],
        });
        Assert.Equal([$"Listener 'test' cannot listen on 127.0.0.1:{server.Port}: the address is in use by another process."], errors);
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        using RawClient client = await RawClient.ConnectAsync(port);
    }

    [Fact]
    public async Task IdleClient_IsClosedAfterTheIdleTimeout()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(), new HttpConnectionManagerModel
        {
            InlineRoutes = TestRoutes.To("upstream"),
            IdleTimeout = TimeSpan.FromMilliseconds(100),
        });
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal(("", false), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task SlowHead_Is408()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(), new HttpConnectionManagerModel
        {
            InlineRoutes = TestRoutes.To("upstream"),
            RequestHeadersTimeout = TimeSpan.FromMilliseconds(100),
        });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHo");
        Assert.StartsWith("HTTP/1.1 408 ", (await client.ReadToEndAsync()).Text);
        Assert.Equal("request_header_timeout", (await proxy.NextAsync()).Details);
    }

    private static async Task<int> LoadAsync(ProxyUnderTest proxy, CancellationToken stop)
    {
        using RawClient client = await proxy.ConnectAsync();
        int answered = 0;
        while (!stop.IsCancellationRequested)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", (await client.ReadResponseAsync()).Head);
            answered++;
        }

        return answered;
    }
}
