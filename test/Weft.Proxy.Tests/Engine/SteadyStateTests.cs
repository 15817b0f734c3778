using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Http;
using Weft.Proxy.Tests.Http2;

namespace Weft.Proxy.Tests.Engine;

public class SteadyStateTests
{
    [Fact]
    public async Task TenThousandRequests_AllocateNothingOnTheWorker()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        proxy.Observing = false;
        using RawClient client = await proxy.ConnectAsync();
        byte[] request = Encoding.ASCII.GetBytes("GET /a/b?c=d HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n");
        await RunAsync(client, request, 500);
        long before = await AllocatedAsync(proxy);
        await RunAsync(client, request, 10_000);
        long after = await AllocatedAsync(proxy);

        // Asking costs an action or two on the worker; the requests must cost nothing.
        long asking = await AllocatedAsync(proxy) - after;
        Assert.True(after - before <= asking + 64, $"{after - before} bytes for 10,000 requests");
    }

    [Fact]
    public async Task RequestsThroughFiltersAndMirrors_AllocateNothingForEachOnTheWorker()
    {
        const int AtOnce = 40, MostLag = 8;
        const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        const string Route = """
            {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "request_mirror_policies": [{"cluster": "mirror"}],
              "retry_policy": {"retry_on": "5xx", "per_try_idle_timeout": "30s"}},
             "typed_per_filter_config": {
              "cors": {"@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy", "allow_origin_string_match": [{"safe_regex": {"regex": "https://[a-z]+"}}], "expose_headers": "x-a"},
              "fault": {"@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault", "delay": {"fixed_delay": "1s", "percentage": {}},
                "abort": {"http_status": 500, "percentage": {"numerator": 10}}, "headers": [{"name": "user-agent", "string_match": {"prefix": "te"}}]}}}
            """;
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int mirrored = 0, forwarded = 0;
        using ScriptedServer server = ScriptedServer.Answering(Answer);
        using ScriptedServer mirror = ScriptedServer.Start(async upstream =>
        {
            while (true)
            {
                await upstream.ReadUntilAsync("\r\n\r\n");
                Interlocked.Increment(ref mirrored);
                await open.Task;
                await upstream.SendAsync(Answer);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(
            1, ProxyUnderTest.Listener(FilteredProxy.Manager(Route)), ProxyUnderTest.Cluster(server.Port), new ClusterModel { Name = "mirror", Endpoints = ProxyUnderTest.Endpoints(mirror.Port) });
        proxy.Observing = false;
        using RawClient client = await proxy.ConnectAsync();
        byte[] request = Encoding.ASCII.GetBytes("POST /a HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\nOrigin: https://a\r\nContent-Length: 0\r\n\r\n");

        // A mirror that is slow keeps more exchanges under way, which must be there first: so many wait at once here, and fewer later.
        while (forwarded < AtOnce) await SendAsync();
        open.SetResult();
        for (int i = 0; i < 2_000; i++) await SendAsync();
        long before = await AllocatedAsync(proxy);
        for (int i = 0; i < 5_000; i++) await SendAsync();
        long after = await AllocatedAsync(proxy);
        long asking = await AllocatedAsync(proxy) - after;
        // How many mirrors end in one round of the loop is chance, so a list of the worker may still grow; an object for each request would be 120,000 bytes at least.
        Assert.True(after - before <= asking + 4096, $"{after - before} bytes for 5,000 requests");

        async Task SendAsync()
        {
            await client.SendAsync(request);
            if ((await client.ReadResponseAsync()).Head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal)) forwarded++;
            for (long start = Stopwatch.GetTimestamp(); open.Task.IsCompleted && Volatile.Read(ref mirrored) < forwarded - MostLag;)
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < ProxyUnderTest.Deadline, "the mirror gets no copies any more");
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task ThousandsOfHttp2Requests_AllocateNothingOnTheWorker()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        proxy.Observing = false;
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        async Task AskAsync(int count)
        {
            for (int i = 0; i < count; i++) Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/a/b?c=d"));
        }

        await AskAsync(500);
        long before = await AllocatedAsync(proxy);
        await AskAsync(3_000);
        long after = await AllocatedAsync(proxy);
        long asking = await AllocatedAsync(proxy) - after;
        Assert.True(after - before <= asking + 64, $"{after - before} bytes for 3,000 requests");
    }

    [Fact]
    public async Task ThousandsOfHttp2RequestsToAnHttp2Upstream_AllocateNothingOnTheWorker()
    {
        byte[] body = new byte[3_000];
        await using KestrelUpstream server = await KestrelUpstream.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.Body.WriteAsync(body);
            context.Response.AppendTrailer("x-sum", "42");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        proxy.Observing = false;
        using HttpClient client = Http2Peers.Client(2);
        async Task AskAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                using HttpResponseMessage response = await client.PostAsync($"http://127.0.0.1:{proxy.Port}/a/b?c=d", new ByteArrayContent(body));
                Assert.Equal(body.Length, (await response.Content.ReadAsByteArrayAsync()).Length);
            }
        }

        await AskAsync(500);
        long before = await AllocatedAsync(proxy);
        await AskAsync(3_000);
        long after = await AllocatedAsync(proxy);
        long asking = await AllocatedAsync(proxy) - after;
        Assert.True(after - before <= asking + 64, $"{after - before} bytes for 3,000 requests");
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task LoggedHeaders_AllocateNothingOnTheWorker()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nX-A: one\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: done\r\n\r\n");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.To("upstream"),
            AccessLogs = [new AccessLogModel { Path = "/dev/null", TextFormat = "%RESP(X-A)% %RESP(X-NONE)% %TRAILER(X-T)% %REQ(USER-AGENT)%\n" }],
        });
        proxy.Observing = false;
        using RawClient client = await proxy.ConnectAsync();
        byte[] request = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\n\r\n");
        await RunAsync(client, request, 500);
        long before = await AllocatedAsync(proxy);
        await RunAsync(client, request, 5_000);
        long after = await AllocatedAsync(proxy);
        long asking = await AllocatedAsync(proxy) - after;
        Assert.True(after - before <= asking + 64, $"{after - before} bytes for 5,000 requests");
    }

    private static async Task RunAsync(RawClient client, byte[] request, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await client.SendAsync(request);
            await client.ReadUntilAsync("hello");
        }
    }

    private static async Task<long> AllocatedAsync(ProxyUnderTest proxy)
    {
        var result = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(proxy.Engine.Workers[0].Post(_ => result.SetResult(GC.GetAllocatedBytesForCurrentThread())));
        return await result.Task.WaitAsync(ProxyUnderTest.Deadline);
    }
}
