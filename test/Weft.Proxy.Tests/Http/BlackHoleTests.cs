using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

/// <summary>Connections that are never made.</summary>
public sealed class BlackHoleTests : IDisposable
{
    private readonly BlackHole _hole = new();

    private int Port => _hole.Port;

    public void Dispose() => _hole.Dispose();

    [Fact]
    public async Task BlackHole_Is503AfterTheConnectTimeout()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Contains("connection timeout", body);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((503, ResponseFlags.UpstreamConnectionFailure), (record.Status, record.Flags));
    }

    [Fact]
    public async Task BlackHole_IsRetriedOnAnotherHost()
    {
        using ScriptedServer good = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(Port, good.Port), new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of("""
                {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "connect-failure", "num_retries": 1,
                 "retry_host_predicate": [{"name": "envoy.retry_host_predicates.previous_hosts"}], "host_selection_retry_max_attempts": 5}}}
                """),
        });
        using RawClient client = await proxy.ConnectAsync();
        int retried = 0;
        for (int i = 0; i < 4; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
            retried += (await proxy.NextAsync()).Attempts - 1;
        }

        Assert.Equal(4, good.Requests);
        Assert.InRange(retried, 1, 4);
    }

    private static ClusterModel Cluster(params int[] ports) => new()
    {
        Name = "upstream",
        ConnectTimeout = TimeSpan.FromMilliseconds(200),
        Endpoints = ProxyUnderTest.Endpoints(ports),
    };
}
