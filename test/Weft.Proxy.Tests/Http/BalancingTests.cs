using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class BalancingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

    [Theory]
    [InlineData(LoadBalancingPolicy.RingHash)]
    [InlineData(LoadBalancingPolicy.Maglev)]
    public async Task HashedHeader_KeepsItsEndpoint(LoadBalancingPolicy policy)
    {
        using ScriptedServer a = ScriptedServer.Answering(Ok), b = ScriptedServer.Answering(Ok), c = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = Start("""[{"header": {"header_name": "x-user"}}]""", new ClusterModel
        {
            Name = "upstream",
            LoadBalancing = policy,
            Endpoints = ProxyUnderTest.Endpoints(a.Port, b.Port, c.Port),
        });
        using RawClient client = await proxy.ConnectAsync();
        Dictionary<int, NetworkAddress> places = [];
        for (int i = 0; i < 120; i++)
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\nx-user: user-{i % 40}\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head);
            NetworkAddress endpoint = (await proxy.NextAsync()).Endpoint;
            if (!places.TryAdd(i % 40, endpoint)) Assert.Equal(places[i % 40], endpoint);
        }

        Assert.Equal(3, places.Values.Distinct().Count());
    }

    [Fact]
    public async Task MissingCookie_IsSetAndKeepsTheClientWithItsEndpoint()
    {
        using ScriptedServer a = ScriptedServer.Answering(Ok), b = ScriptedServer.Answering(Ok), c = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = Start("""[{"cookie": {"name": "sid", "ttl": "60s", "path": "/"}}]""", new ClusterModel
        {
            Name = "upstream",
            LoadBalancing = LoadBalancingPolicy.RingHash,
            Endpoints = ProxyUnderTest.Endpoints(a.Port, b.Port, c.Port),
        });
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            string head = (await client.ReadResponseAsync()).Head;
            string line = head.Split("\r\n").Single(part => part.StartsWith("set-cookie: ", StringComparison.OrdinalIgnoreCase));
            Assert.Matches("^set-cookie: sid=\"[0-9a-f]{16}\"; Max-Age=60; Path=/; HttpOnly$", line);
            NetworkAddress place = (await proxy.NextAsync()).Endpoint;
            string cookie = line["set-cookie: ".Length..line.IndexOf(';')];
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\nCookie: x=y; {cookie}\r\n\r\n");
            Assert.DoesNotContain("set-cookie", (await client.ReadResponseAsync()).Head);
            Assert.Equal(place, (await proxy.NextAsync()).Endpoint);
        }
    }

    [Fact]
    public async Task FailingEndpoint_IsEjectedAfterItsRun()
    {
        using ScriptedServer good = ScriptedServer.Answering(Ok), bad = ScriptedServer.Answering(Unavailable);
        await using ProxyUnderTest proxy = Start("[]", new ClusterModel
        {
            Name = "upstream",
            Endpoints = ProxyUnderTest.Endpoints(good.Port, bad.Port),
            OutlierDetection = new OutlierDetectionModel { Consecutive5xx = 3, MaxEjectionPercent = 50 },
        });
        using RawClient client = await proxy.ConnectAsync();
        int failed = 0;
        for (int i = 0; i < 40; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            if ((await client.ReadResponseAsync()).Head.StartsWith("HTTP/1.1 503 ", StringComparison.Ordinal)) failed++;
        }

        Assert.Equal(3, failed);
    }

    [Fact]
    public async Task EveryEndpointFailing_LeavesTheAllowedShareInRotation()
    {
        using ScriptedServer one = ScriptedServer.Answering(Unavailable), two = ScriptedServer.Answering(Unavailable);
        await using ProxyUnderTest proxy = Start("[]", new ClusterModel
        {
            Name = "upstream",
            PanicThresholdPercent = 0,
            Endpoints = ProxyUnderTest.Endpoints(one.Port, two.Port),
            OutlierDetection = new OutlierDetectionModel { Consecutive5xx = 1, MaxEjectionPercent = 50 },
        });
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("busy", (await client.ReadResponseAsync()).Body);
        }
    }

    private static ProxyUnderTest Start(string hashPolicy, ClusterModel cluster) => ProxyUnderTest.Start(cluster, new HttpConnectionManagerModel
    {
        InlineRoutes = TestRoutes.Of("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "hash_policy": """ + hashPolicy + "}}"),
    });
}
