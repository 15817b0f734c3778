using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class ClientAddressTests
{
    private const string Route = """
        {"match": {"prefix": "/"}, "route": {"cluster": "upstream"}, "request_headers_to_add": [
          {"header": {"key": "x-client", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}},
          {"header": {"key": "x-direct", "value": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"}}]}
        """;

    [Theory]
    [InlineData(true, 0, "X-Forwarded-For: 9.9.9.9\r\n", "127.0.0.1")]
    [InlineData(true, 1, "X-Forwarded-For: 8.8.8.8, 9.9.9.9\r\n", "9.9.9.9")]
    [InlineData(true, 2, "X-Forwarded-For: 8.8.8.8, 9.9.9.9\r\n", "8.8.8.8")]
    [InlineData(true, 2, "X-Forwarded-For: 8.8.8.8\r\nX-Forwarded-For: 9.9.9.9\r\n", "8.8.8.8")]
    [InlineData(true, 3, "X-Forwarded-For: 8.8.8.8, 9.9.9.9\r\n", "127.0.0.1")]
    [InlineData(true, 1, "X-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7")]
    [InlineData(true, 1, "X-Forwarded-For: nonsense\r\n", "127.0.0.1")]
    [InlineData(true, 1, "X-Forwarded-For: 1.2.3\r\n", "127.0.0.1")]
    [InlineData(true, 1, "X-Forwarded-For: 1.2.3.256\r\n", "127.0.0.1")]
    [InlineData(true, 1, "X-Forwarded-For: 1.2.3.4.5\r\n", "127.0.0.1")]
    [InlineData(true, 1, "X-Forwarded-For: 8.8.8.8,\r\n", "127.0.0.1")]
    [InlineData(true, 1, "", "127.0.0.1")]
    [InlineData(false, 0, "X-Forwarded-For: 8.8.8.8, 9.9.9.9\r\n", "9.9.9.9")]
    [InlineData(false, 1, "X-Forwarded-For: 8.8.8.8, 9.9.9.9\r\n", "8.8.8.8")]
    [InlineData(false, 2, "X-Forwarded-For: 8.8.8.8, 9.9.9.9\r\n", "127.0.0.1")]
    public async Task Client_IsTheTrustedEntryElseThePeer(bool atTheEdge, int hops, string headers, string client)
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new HttpConnectionManagerModel
        {
            UseRemoteAddress = atTheEdge,
            XffTrustedHops = hops,
            InlineRoutes = TestRoutes.Of(Route),
        });
        using RawClient downstream = await proxy.ConnectAsync();
        await downstream.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\nX-Envoy-External-Address: 6.6.6.6\r\n{headers}\r\n");
        string seen = (await downstream.ReadResponseAsync()).Body;
        Assert.Contains($"x-client: {client}\r\n", seen);
        Assert.Contains("x-direct: 127.0.0.1\r\n", seen);
        if (!atTheEdge) return;
        Assert.Contains($"x-envoy-external-address: {client}\r\n", seen);
        Assert.DoesNotContain("6.6.6.6", seen);
    }

    [Fact]
    public async Task RouteWithAStatPrefix_CountsItsAttempts()
    {
        int requests = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            while (true)
            {
                await upstream.ReadUntilAsync("\r\n\r\n");
                await upstream.SendAsync(Interlocked.Increment(ref requests) == 1 ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using ProxyUnderTest proxy = FilteredProxy.Start(
            server.Port,
            """{"match": {"path": "/pay"}, "stat_prefix": "pay", "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "retry_back_off": {"base_interval": "0.001s"}}}}""",
            """{"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}""");
        using RawClient client = await proxy.ConnectAsync();
        foreach (string path in (string[])["/pay", "/pay", "/other"])
        {
            await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadUntilAsync("\r\n\r\n");
        }

        Assert.Equal(3, await proxy.StatAsync("vhost.all.route.pay.upstream_rq_total"));
        Assert.Equal(3, await proxy.StatAsync("vhost.all.route.pay.upstream_rq_completed"));
        Assert.Equal(2, await proxy.StatAsync("vhost.all.route.pay.upstream_rq_2xx"));
        Assert.Equal(1, await proxy.StatAsync("vhost.all.route.pay.upstream_rq_5xx"));
        Assert.Equal(1, await proxy.StatAsync("vhost.all.route.pay.upstream_rq_retry"));
    }
}
