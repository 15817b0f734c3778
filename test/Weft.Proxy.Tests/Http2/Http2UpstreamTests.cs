using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http;

namespace Weft.Proxy.Tests.Http2;

/// <summary>HTTP/2 towards upstreams, from clients of both versions; the upstream is Kestrel.</summary>
public class Http2UpstreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Get_ReachesUpstreamAndBack(int version)
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            HttpRequest request = context.Request;
            context.Response.Headers["x-answer"] = "yes";
            await context.Response.WriteAsync($"{request.Protocol} {request.Method} {request.Scheme} {request.Host} {request.Path}{request.QueryString} {request.Headers["x-custom"]} {request.Headers["x-forwarded-for"]} [{request.Headers.Connection}]");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(version);
        using HttpRequestMessage request = Http2Peers.Request(HttpMethod.Get, $"http://127.0.0.1:{proxy.Port}/a?b=c", version);
        request.Headers.Add("x-custom", "yes");
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal($"HTTP/2 GET http 127.0.0.1:{proxy.Port} /a?b=c yes 127.0.0.1 []", await response.Content.ReadAsStringAsync());
        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("x-answer")));
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, "via_upstream", "/a?b=c"), (record.Status, record.Details, record.Path));
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_cx_http2_total"));
        Assert.Equal(0, await proxy.StatAsync("cluster.upstream.upstream_cx_http1_total"));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 16 << 10)]
    [InlineData(1, 1 << 20)]
    [InlineData(1, 20 << 20)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(2, 16 << 10)]
    [InlineData(2, 1 << 20)]
    [InlineData(2, 20 << 20)]
    public async Task Bodies_PassBothWaysWhole(int version, int bytes)
    {
        byte[] body = RandomNumberGenerator.GetBytes(bytes);
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(KestrelUpstream.EchoAsync);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(version);
        foreach (bool sized in (bool[])[true, false])
        {
            using HttpRequestMessage request = Http2Peers.Request(HttpMethod.Post, $"http://127.0.0.1:{proxy.Port}/", version);
            request.Content = new ByteArrayContent(body);
            if (!sized) request.Headers.TransferEncodingChunked = version == 1 ? true : null;
            if (!sized && version == 2) request.Content = new StreamContent(new UnsizedStream(body));
            using HttpResponseMessage response = await client.SendAsync(request);
            byte[] echoed = await response.Content.ReadAsByteArrayAsync();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.True(SHA256.HashData(body).AsSpan().SequenceEqual(SHA256.HashData(echoed)), $"{echoed.Length} of {bytes} bytes came back");
        }
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task ResponseWithoutContent_EndsAtOnce(string method, int status)
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            if (status == 200) context.Response.ContentLength = 5;
            return Task.CompletedTask;
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        foreach (int version in (int[])[1, 2, 1])
        {
            using HttpClient client = Http2Peers.Client(version);
            using HttpResponseMessage response = await client.SendAsync(Http2Peers.Request(new HttpMethod(method), $"http://127.0.0.1:{proxy.Port}/", version));
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task ResponseTrailers_ReachAClientOfHttp2()
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            context.Response.DeclareTrailer("x-sum");
            await context.Response.WriteAsync("hello");
            context.Response.AppendTrailer("x-sum", "42");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("x-sum")));
        using HttpClient old = Http2Peers.Client(1);
        Assert.Equal("hello", await old.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
    }

    [Fact]
    public async Task HundredAtOnce_ShareOneConnection()
    {
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int waiting = 0;
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            if (context.Request.Path == "/first") return;
            if (Interlocked.Increment(ref waiting) == 100) all.SetResult();
            await all.Task;
            await context.Response.WriteAsync(context.Request.Path);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/first");
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/{i}")));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"/{i}"), answers);
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(1)]
    public async Task EndpointThatTakesFewStreams_GetsMoreConnectionsOrAQueue(int maxConnections)
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            await Task.Yield();
            await context.Response.WriteAsync("hello");
        }, configure: kestrel => kestrel.Limits.Http2.MaxStreamsPerConnection = 5);
        ClusterModel cluster = new()
        {
            Name = "upstream",
            Protocol = UpstreamProtocol.Http2,
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            CircuitBreakers = new CircuitBreakerModel { MaxConnections = (uint)maxConnections },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = Http2Peers.Client(2);
        for (int round = 0; round < 10; round++)
        {
            string[] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/")));
            Assert.All(answers, answer => Assert.Equal("hello", answer));
        }

        if (maxConnections == 1) Assert.Equal(1, server.Connections);
        else Assert.True(server.Connections > 1);
    }

    [Fact]
    public async Task BoundOnRequests_RetiresConnections()
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(KestrelUpstream.HelloAsync);
        ClusterModel cluster = new() { Name = "upstream", Protocol = UpstreamProtocol.Http2, Endpoints = ProxyUnderTest.Endpoints(server.Port), MaxRequestsPerConnection = 3 };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = Http2Peers.Client(2);
        for (int i = 0; i < 12; i++) Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        Assert.Equal(4, server.Connections);
        Assert.Equal(4, await proxy.StatAsync("cluster.upstream.upstream_cx_max_requests"));
        await proxy.UntilStatAsync("cluster.upstream.upstream_cx_active", value => value == 0);
    }

    [Fact]
    public async Task IdleConnection_IsClosedWithGoaway()
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(KestrelUpstream.HelloAsync);
        ClusterModel cluster = new() { Name = "upstream", Protocol = UpstreamProtocol.Http2, Endpoints = ProxyUnderTest.Endpoints(server.Port), IdleTimeout = TimeSpan.FromMilliseconds(50) };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = Http2Peers.Client(2);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        await proxy.UntilStatAsync("cluster.upstream.upstream_cx_idle_timeout", value => value == 1);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task ClientThatGoesAway_ResetsItsStreamAndNotTheConnection()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            if (context.Request.Path == "/hang")
            {
                context.RequestAborted.Register(() => aborted.SetResult());
                arrived.SetResult();
                await aborted.Task;
                return;
            }

            await context.Response.WriteAsync("hello");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        using var leaves = new CancellationTokenSource();
        Task<string> hanging = client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/hang", leaves.Token);
        await arrived.Task.WaitAsync(ProxyUnderTest.Deadline);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        await aborted.Task.WaitAsync(ProxyUnderTest.Deadline);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        Assert.Equal(1, server.Connections);
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_rq_tx_reset"));
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.http2.tx_reset"));
        Assert.Equal(0, await proxy.StatAsync("cluster.upstream.http2.streams_active"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task SlowReader_HoldsTheUpstreamBack(int version)
    {
        const int Megabytes = 64;
        long sent = 0;
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            context.Response.ContentLength = Megabytes << 20;
            byte[] block = new byte[1 << 16];
            for (int i = 0; i < Megabytes << 4; i++)
            {
                await context.Response.Body.WriteAsync(block);
                Interlocked.Add(ref sent, block.Length);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(version);
        using HttpResponseMessage response = await client.SendAsync(Http2Peers.Request(HttpMethod.Get, $"http://127.0.0.1:{proxy.Port}/", version), HttpCompletionOption.ResponseHeadersRead);
        using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] room = new byte[1 << 16];
        long total = await body.ReadAsync(room);
        await RestsAsync(proxy, () => Interlocked.Read(ref sent));
        Assert.InRange(Interlocked.Read(ref sent), 0, (Megabytes << 20) / 2);
        while (await body.ReadAsync(room) is var count and > 0) total += count;
        Assert.Equal(Megabytes << 20, total);
    }

    [Fact]
    public async Task ClientsThatDoNotRead_DoNotHoldTheOthersBack()
    {
        long sent = 0;
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            if (context.Request.Path == "/small")
            {
                await context.Response.WriteAsync("hello");
                return;
            }

            byte[] block = new byte[1 << 16];
            for (int i = 0; i < 1 << 10; i++)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
                Interlocked.Add(ref sent, block.Length);
            }
        });
        // Nothing but the streams themselves may end them.
        HttpConnectionManagerModel manager = new() { StatPrefix = "test", InlineRoutes = TestRoutes.Of("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0s"}}""") };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port), manager);
        using HttpClient client = Http2Peers.Client(1);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/small"));
        List<RawClient> idlers = [];
        for (int i = 0; i < 12; i++)
        {
            RawClient idler = await proxy.ConnectAsync();
            idlers.Add(idler);
            await idler.SendAsync("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
            await idler.ReceiveAsync();
        }

        await RestsAsync(proxy, () => Interlocked.Read(ref sent));
        for (int i = 0; i < 20; i++) Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/small").WaitAsync(ProxyUnderTest.Deadline));
        Assert.Equal(1, server.Connections);
        foreach (RawClient idler in idlers) idler.Dispose();
        await proxy.UntilStatAsync("cluster.upstream.http2.streams_active", value => value == 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task SlowUpstream_HoldsTheClientBack(int version)
    {
        const int Megabytes = 64;
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            await read.Task;
            long total = 0;
            byte[] room = new byte[1 << 16];
            while (await context.Request.Body.ReadAsync(room) is var count and > 0) total += count;
            await context.Response.WriteAsync($"{total}");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(version);
        long sent = 0;
        using HttpRequestMessage request = Http2Peers.Request(HttpMethod.Post, $"http://127.0.0.1:{proxy.Port}/", version);
        request.Content = new StreamContent(new CountedStream(Megabytes << 20, count => Interlocked.Add(ref sent, count)), 1 << 16);
        Task<HttpResponseMessage> answer = client.SendAsync(request);
        await RestsAsync(proxy, () => Interlocked.Read(ref sent));
        Assert.InRange(Interlocked.Read(ref sent), 1, (Megabytes << 20) / 2);
        read.SetResult();
        using HttpResponseMessage response = await answer;
        Assert.Equal($"{Megabytes << 20}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task ServerThatRetiresConnectionsUnderLoad_LosesNoRequest()
    {
        int served = 0;
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref served) % 50 == 0) context.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
            await context.Response.WriteAsync("hello");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
                string text = await response.Content.ReadAsStringAsync();
                Assert.True(response.StatusCode == HttpStatusCode.OK, text);
                Assert.Equal("hello", text);
            }
        }));
        Assert.True(server.Connections > 1);
        Assert.True(await proxy.StatAsync("cluster.upstream.upstream_cx_close_notify") > 0);
    }

    [Fact]
    public async Task ResetStream_IsA503ThatSaysSo()
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(8);
            return Task.CompletedTask;
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.EndsWith("reset reason: remote reset", await response.Content.ReadAsStringAsync());
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.UpstreamRemoteReset, "upstream_reset_before_response_started{remote_reset}"), (record.Flags, record.Details));
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_rq_rx_reset"));
    }

    [Theory]
    [InlineData("refused-stream", 200)]
    [InlineData("gateway-error", 200)]
    [InlineData("connect-failure", 503)]
    public async Task RefusedStream_IsRetriedWhereThePolicySaysSo(string on, int status)
    {
        int asked = 0;
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(context =>
        {
            if (Interlocked.Increment(ref asked) != 2) return KestrelUpstream.HelloAsync(context);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(7);
            return Task.CompletedTask;
        });
        HttpConnectionManagerModel manager = new()
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "ON", "num_retries": 1}}}""".Replace("ON", on, StringComparison.Ordinal)),
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port), manager);
        using HttpClient client = Http2Peers.Client(2);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        await proxy.NextAsync();
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
        Assert.Equal(status, (int)response.StatusCode);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        if (status == 200) Assert.Equal((2, "via_upstream"), (record.Attempts, record.Details));
        else Assert.Equal("upstream_reset_before_response_started{remote_refused_stream_reset}", record.Details);
    }

    [Fact]
    public async Task ResetInTheMiddleOfAResponse_BreaksTheClientsToo()
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("hel");
            await context.Response.Body.FlushAsync();
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(2);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.UpstreamRemoteReset, "upstream_reset_after_response_started{remote_reset}"), (record.Status, record.Flags, record.Details));
    }

    [Fact]
    public async Task ClientsVersion_IsTheUpstreamsWhereAsked()
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(context => context.Response.WriteAsync(context.Request.Protocol));
        using ScriptedServer old = ScriptedServer.Mirroring();
        ClusterModel cluster = new() { Name = "upstream", Protocol = UpstreamProtocol.UseDownstream, Endpoints = ProxyUnderTest.Endpoints(server.Port) };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient modern = Http2Peers.Client(2);
        Assert.Equal("HTTP/2", await modern.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        ClusterModel toOld = new() { Name = "upstream", Protocol = UpstreamProtocol.UseDownstream, Endpoints = ProxyUnderTest.Endpoints(old.Port) };
        await using ProxyUnderTest second = ProxyUnderTest.Start(toOld);
        using HttpClient client = Http2Peers.Client(1);
        Assert.StartsWith("GET / HTTP/1.1\r\n", await client.GetStringAsync($"http://127.0.0.1:{second.Port}/"));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public async Task WebSocket_PassesAsExtendedConnect(int version, bool twice)
    {
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            Assert.Equal("HTTP/2", context.Request.Protocol);
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] room = new byte[1024];
            while (await socket.ReceiveAsync(room, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
                await socket.SendAsync(room.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
        });
        await using ProxyUnderTest last = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        await using ProxyUnderTest first = ProxyUnderTest.Start(KestrelUpstream.Cluster(last.Port));
        using var socket = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        socket.Options.HttpVersion = version == 2 ? HttpVersion.Version20 : HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var limit = new CancellationTokenSource(ProxyUnderTest.Deadline);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{(twice ? first : last).Port}/chat"), invoker, limit.Token);
        byte[] room = new byte[1024];
        for (int i = 0; i < 20; i++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"message {i}"), WebSocketMessageType.Text, true, limit.Token);
            WebSocketReceiveResult answer = await socket.ReceiveAsync(room, limit.Token);
            Assert.Equal($"message {i}", Encoding.UTF8.GetString(room, 0, answer.Count));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", limit.Token);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    /// <summary>Waits until a number no longer changes while the proxy's workers go through their loops.</summary>
    private static async Task RestsAsync(ProxyUnderTest proxy, Func<long> number)
    {
        long before = -1;
        for (int same = 0; same < 200;)
        {
            Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
            long now = number();
            same = now == before && now > 0 ? same + 1 : 0;
            before = now;
        }
    }
}
