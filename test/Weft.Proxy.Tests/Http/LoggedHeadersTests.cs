using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;

namespace Weft.Proxy.Tests.Http;

/// <summary>What <c>%REQ(X)%</c>, <c>%RESP(X)%</c> and <c>%TRAILER(X)%</c> print of real exchanges.</summary>
public sealed class LoggedHeadersTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"weft-log-{Guid.NewGuid():n}");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task HeadersOfAResponse_AreAsTheyWereSent()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nX-A: one\r\nX-A: two\r\nServer: inner\r\nKeep-Alive: 5\r\nContent-Length: 2\r\n\r\nok");
        await using (ProxyUnderTest proxy = Start(ProxyUnderTest.Cluster(server.Port), "%RESP(x-a)% %RESP(SERVER)% %RESP(X-NONE?X-A)% %RESP(Keep-Alive)% %RESP(content-length)% %TRAILER(X-T)%"))
        {
            using RawClient client = await proxy.ConnectAsync();
            for (int i = 0; i < 2; i++)
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                await client.ReadResponseAsync();
            }

            await AssertLinesAsync("one envoy one - 2 -\none envoy one - 2 -\n");
        }
    }

    [Fact]
    public async Task HeadersOfOurOwnAnswer_AreLoggedToo()
    {
        await using ProxyUnderTest proxy = Start(ProxyUnderTest.Cluster(), "%RESP(content-type)% %RESP(server)% %RESPONSE_CODE%");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();
        await AssertLinesAsync("text/plain envoy 503\n");
    }

    [Fact]
    public async Task TrailersOfAResponse_AreLogged()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: done\r\nX-U: \r\n\r\n");
        await using ProxyUnderTest proxy = Start(ProxyUnderTest.Cluster(server.Port), "%TRAILER(X-T)% %TRAILER(x-none?x-t):2% %TRAILER(x-u)%");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadUntilAsync("0\r\n\r\n");
        await AssertLinesAsync("done do -\n");
    }

    [Fact]
    public async Task HeadersOfARequest_AreAsTheyGoUpstream()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using ProxyUnderTest proxy = Start(
            ProxyUnderTest.Cluster(server.Port), "%REQ(X-ADDED)% %REQ(X-REPLACED)% %REQ(X-KEPT)% %REQ(X-FORWARDED-PROTO)%",
            """
            {"match": {"prefix": "/"}, "route": {"cluster": "upstream"}, "request_headers_to_add": [
              {"header": {"key": "x-added", "value": "new"}},
              {"header": {"key": "x-replaced", "value": "ours"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]}
            """);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Replaced: theirs\r\nX-Kept: kept\r\n\r\n");
        await client.ReadResponseAsync();
        await AssertLinesAsync("new ours kept http\n");
    }

    [Fact]
    public async Task HeaderThatIsTooLarge_IsLeftOut()
    {
        using ScriptedServer server = ScriptedServer.Answering($"HTTP/1.1 200 OK\r\nX-A: {new string('a', 9_000)}\r\nX-B: b\r\nContent-Length: 2\r\n\r\nok");
        await using ProxyUnderTest proxy = Start(ProxyUnderTest.Cluster(server.Port), "%RESP(x-a)% %RESP(x-b)%");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadResponseAsync();
        await AssertLinesAsync("- b\n");
    }

    [Fact]
    public async Task Http2Trailers_AreLogged()
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(static async context =>
        {
            Microsoft.AspNetCore.Http.ResponseTrailerExtensions.DeclareTrailer(context.Response, "x-t");
            await context.Response.Body.WriteAsync("ok"u8.ToArray());
            Microsoft.AspNetCore.Http.ResponseTrailerExtensions.AppendTrailer(context.Response, "x-t", "two");
        });
        await using ProxyUnderTest proxy = Start(KestrelUpstream.Cluster(upstream.Port), "%TRAILER(X-T)%");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadUntilAsync("0\r\n\r\n");
        await AssertLinesAsync("two\n");
    }

    private ProxyUnderTest Start(ClusterModel cluster, string format, string? route = null) => ProxyUnderTest.Start(cluster, new HttpConnectionManagerModel
    {
        StatPrefix = "test",
        UseRemoteAddress = true,
        InlineRoutes = route is null ? TestRoutes.To("upstream") : TestRoutes.Of(route),
        AccessLogs = [new AccessLogModel { Path = _path, TextFormat = format + "\n" }],
    });

    /// <summary>The log's thread writes now and then.</summary>
    private async Task AssertLinesAsync(string expected)
    {
        using CancellationTokenSource deadline = new(ProxyUnderTest.Deadline);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        while (!File.Exists(_path) || new FileInfo(_path).Length < expected.Length) await timer.WaitForNextTickAsync(deadline.Token);
        Assert.Equal(expected, await File.ReadAllTextAsync(_path));
    }
}
