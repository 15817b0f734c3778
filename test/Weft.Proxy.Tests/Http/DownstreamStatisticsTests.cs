using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;

namespace Weft.Proxy.Tests.Http;

/// <summary>What is under way, what waits and how many bytes passed: each under Envoy's name, on the client's side and on the upstream's.</summary>
public sealed class DownstreamStatisticsTests
{
    private const string Http = "http.test.";
    private const string Upstream = "cluster.upstream.";
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task RequestUnderWay_IsActiveOnBothSidesUntilItIsOver()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await go.Task;
            await upstream.SendAsync(Ok);
            await upstream.ReceiveAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        await proxy.UntilStatAsync(Upstream + "upstream_rq_active", static count => count == 1);
        Assert.Equal(1, await proxy.StatAsync(Http + "downstream_rq_active"));
        Assert.Equal((1, 0), (await proxy.StatAsync(Upstream + "upstream_rq_pending_total"), await proxy.StatAsync(Upstream + "upstream_rq_pending_active")));
        go.SetResult();
        await client.ReadResponseAsync();
        Assert.Equal((0, 0), (await proxy.StatAsync(Http + "downstream_rq_active"), await proxy.StatAsync(Upstream + "upstream_rq_active")));
        Assert.Equal((1, 0), (await proxy.StatAsync(Http + "downstream_rq_http1_total"), await proxy.StatAsync(Http + "downstream_rq_http2_total")));
    }

    [Fact]
    public async Task Bytes_AreThoseThatWentOverEachConnection()
    {
        string got = "";
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            got = await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync(Ok);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        const string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        int answered = Encoding.Latin1.GetByteCount((await client.ReadToEndAsync()).Text);
        await proxy.UntilStatAsync(Http + "downstream_cx_destroy", static count => count == 1);
        await proxy.UntilStatAsync(Upstream + "upstream_cx_destroy", static count => count == 1);
        Assert.Equal((request.Length, answered), (await proxy.StatAsync(Http + "downstream_cx_rx_bytes_total"), await proxy.StatAsync(Http + "downstream_cx_tx_bytes_total")));
        Assert.Equal((Ok.Length, got.Length), (await proxy.StatAsync(Upstream + "upstream_cx_rx_bytes_total"), await proxy.StatAsync(Upstream + "upstream_cx_tx_bytes_total")));
    }

    [Fact]
    public async Task RequestOfHttp2_IsCountedAsSuchAndSoIsTheEndOfItsConnection()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
        await client.ServeAsync(1);
        Assert.Equal((0, 1), (await proxy.StatAsync(Http + "downstream_rq_http1_total"), await proxy.StatAsync(Http + "downstream_rq_http2_total")));
        Assert.Equal(0, await proxy.StatAsync(Http + "http2.goaway_sent"));
        Assert.InRange(await proxy.StatAsync(Http + "downstream_cx_rx_bytes_total"), 24, 10_000);

        // DATA on a stream that was never opened ends the connection.
        await client.SendAsync(RawHttp2Client.Data(99, "x", endStream: true));
        await proxy.UntilStatAsync(Http + "http2.goaway_sent", static count => count == 1);
    }

    [Fact]
    public async Task WaitingRequestWhoseClientGoes_IsCancelled()
    {
        using BlackHole hole = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(new ClusterModel { Name = "upstream", ConnectTimeout = TimeSpan.FromMinutes(1), Endpoints = ProxyUnderTest.Endpoints(hole.Port) });
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Request);
            await proxy.UntilStatAsync(Upstream + "upstream_rq_pending_active", static count => count == 1);
        }

        await proxy.UntilStatAsync(Upstream + "upstream_rq_cancelled", static count => count == 1);
        Assert.Equal(0, await proxy.StatAsync(Upstream + "upstream_rq_pending_active"));
        Assert.Equal(0, await proxy.StatAsync(Http + "downstream_rq_active"));
    }

    [Fact]
    public async Task WaitingRequestWhoseConnectionFails_IsEjected()
    {
        int closed;
        using (ScriptedServer server = ScriptedServer.Answering(Ok)) closed = server.Port;
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(closed));
        Assert.StartsWith("HTTP/1.1 503 ", await AskAsync(proxy));
        Assert.Equal(1, await proxy.StatAsync(Upstream + "upstream_rq_pending_failure_eject"));
        Assert.Equal(0, await proxy.StatAsync(Upstream + "upstream_rq_pending_active"));
    }

    [Fact]
    public async Task SourceAddressThatIsNotOurs_IsABindError()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(new ClusterModel
        {
            Name = "upstream",
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            // 203.0.113.1, of TEST-NET-3.
            SourceAddress = NetworkAddress.FromV4(0xcb007101, 0),
        });
        Assert.StartsWith("HTTP/1.1 503 ", await AskAsync(proxy));
        Assert.Equal(1, await proxy.StatAsync(Upstream + "bind_errors"));
    }

    [Fact]
    public async Task ClusterWithoutEndpoints_HasNoneHealthy()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster());
        Assert.StartsWith("HTTP/1.1 503 ", await AskAsync(proxy));
        Assert.Equal(1, await proxy.StatAsync(Upstream + "upstream_cx_none_healthy"));
        Assert.Equal(0, await proxy.StatAsync(Upstream + "lb_healthy_panic"));
    }

    [Fact]
    public async Task ClusterWithoutHealthyEndpoints_Panics()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(new ClusterModel
        {
            Name = "upstream",
            PanicThresholdPercent = 50,
            Endpoints = new EndpointSetModel
            {
                Localities = [new LocalityEndpointsModel { Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(server.Port), Health = EndpointHealth.Unhealthy }] }],
            },
        });
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(proxy));
        Assert.Equal(1, await proxy.StatAsync(Upstream + "lb_healthy_panic"));
        Assert.Equal(0, await proxy.StatAsync(Upstream + "upstream_cx_none_healthy"));
    }

    [Fact]
    public async Task RetryThatHelps_IsASuccess()
    {
        int asked = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            while (true)
            {
                await upstream.ReadUntilAsync("\r\n\r\n");
                await upstream.SendAsync(Interlocked.Increment(ref asked) == 1 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : Ok);
            }
        });
        await using ProxyUnderTest proxy = FilteredProxy.Start(
            server.Port, """{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "num_retries": 1}}}""");
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(proxy));
        Assert.Equal((1, 1), (await proxy.StatAsync(Upstream + "upstream_rq_retry"), await proxy.StatAsync(Upstream + "upstream_rq_retry_success")));
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(proxy));
        Assert.Equal((1, 1), (await proxy.StatAsync(Upstream + "upstream_rq_retry"), await proxy.StatAsync(Upstream + "upstream_rq_retry_success")));
    }

    [Fact]
    public async Task DirectResponse_IsCounted()
    {
        await using ProxyUnderTest proxy = FilteredProxy.Start(1, """{"match": {"prefix": "/"}, "direct_response": {"status": 204}}""");
        Assert.StartsWith("HTTP/1.1 204 ", await AskAsync(proxy));
        Assert.Equal(1, await proxy.StatAsync(Http + "rq_direct_response"));
    }

    [Fact]
    public async Task Upgrades_AreCountedWhileTheyLastAndWhenTheyAreNotAllowed()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
            await upstream.ReceiveAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 101 ", await client.ReadUntilAsync("\r\n\r\n"));
            Assert.Equal((1, 1), (await proxy.StatAsync(Http + "downstream_cx_upgrades_total"), await proxy.StatAsync(Http + "downstream_cx_upgrades_active")));
        }

        await proxy.UntilStatAsync(Http + "downstream_cx_upgrades_active", static count => count == 0);
        using RawClient other = await proxy.ConnectAsync();
        await other.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: gopher\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403 ", (await other.ReadResponseAsync()).Head);
        Assert.Equal((1, 1), (await proxy.StatAsync(Http + "downstream_cx_upgrades_total"), await proxy.StatAsync(Http + "downstream_rq_ws_on_non_ws_route")));
    }

    [Fact]
    public async Task ConnectionsOfATcpProxy_AreCountedWhileTheyLast()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new TcpProxyModel { StatPrefix = "test", Clusters = [new WeightedClusterModel("upstream", 1)] });
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync("hello");
            await client.ReadExactlyAsync(5);
            Assert.Equal((1, 1), (await proxy.StatAsync("tcp.test.downstream_cx_total"), await proxy.StatAsync("tcp.test.downstream_cx_active")));
        }

        await proxy.UntilStatAsync("tcp.test.downstream_cx_active", static count => count == 0);
        await proxy.UntilStatAsync(Upstream + "upstream_cx_destroy", static count => count == 1);
        Assert.Equal((5, 5), (await proxy.StatAsync(Upstream + "upstream_cx_rx_bytes_total"), await proxy.StatAsync(Upstream + "upstream_cx_tx_bytes_total")));
        Assert.Equal(0, await proxy.StatAsync("tcp.test.downstream_cx_no_route"));
    }

    [Fact]
    public async Task TcpProxyWithoutItsCluster_HasNoRoute()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(1), new TcpProxyModel { StatPrefix = "test", Clusters = [new WeightedClusterModel("elsewhere", 1)] });
        using RawClient client = await proxy.ConnectAsync();
        await client.ReadToEndAsync();
        Assert.Equal((1, 1, 0), (await proxy.StatAsync("tcp.test.downstream_cx_no_route"), await proxy.StatAsync("tcp.test.downstream_cx_total"), await proxy.StatAsync("tcp.test.downstream_cx_active")));
    }

    [Fact]
    public async Task ConnectionThatIsLookedAt_CountsUntilItHasAFilterChain()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(HttpChain("upstream"), $"listener_filters: [ {Inspectors(http: true)} ]"), ConfiguredProxy.Cluster(server.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await UntilAsync(async () => await proxy.StatAsync("listener.test.downstream_pre_cx_active") == 1, "the connection was not looked at");
        await client.SendAsync(Request);
        await client.ReadResponseAsync();
        Assert.Equal(0, await proxy.StatAsync("listener.test.downstream_pre_cx_active"));
    }

    private static async Task<string> AskAsync(ProxyUnderTest proxy)
    {
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        return (await client.ReadResponseAsync()).Head;
    }
}
