using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Engine;

public class ListenerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task Sniffing_SendsHttpToTheManagerAndTheRestToTheTcpProxy()
    {
        using ScriptedServer http = ScriptedServer.Answering(Ok);
        using ScriptedServer echo = ScriptedServer.Echoing();
        var listener = new ListenerModel
        {
            Name = "test",
            Address = ProxyUnderTest.Loopback(0),
            Sniffing = ListenerSniffing.Tls | ListenerSniffing.Http,
            FilterChains =
            [
                new FilterChainModel { Match = new FilterChainMatchModel { ApplicationProtocols = ["http/1.1"], TransportProtocol = "raw_buffer" }, Terminal = ProxyUnderTest.Manager },
                new FilterChainModel { Match = new FilterChainMatchModel { TransportProtocol = "raw_buffer" }, Terminal = new TcpProxyModel { Clusters = [new WeightedClusterModel("echo", 1)] } },
            ],
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, listener, ProxyUnderTest.Cluster(http.Port), new ClusterModel { Name = "echo", Endpoints = ProxyUnderTest.Endpoints(echo.Port) });
        using RawClient web = await proxy.ConnectAsync();
        foreach (char one in "GET / HTTP/1.1\r\nHost: a\r\n\r\n") await web.SendAsync(one.ToString());
        Assert.Equal("ok", (await web.ReadResponseAsync()).Body);
        using RawClient other = await proxy.ConnectAsync();
        await other.SendAsync("\u0001\u0002binary");
        Assert.Equal(8, (await other.ReadExactlyAsync(8)).Length);
    }

    [Fact]
    public async Task SilentClient_IsTreatedAsTcpAfterTheTimeoutWhenConfigured()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream => await upstream.SendAsync("220 hello\r\n"));
        var listener = new ListenerModel
        {
            Name = "test",
            Address = ProxyUnderTest.Loopback(0),
            Sniffing = ListenerSniffing.Http,
            ListenerFiltersTimeout = TimeSpan.FromMilliseconds(50),
            ContinueOnListenerFiltersTimeout = true,
            FilterChains = [new FilterChainModel { Terminal = new TcpProxyModel { Clusters = [new WeightedClusterModel("upstream", 1)] } }],
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, listener, ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal("220 hello\r\n", await client.ReadUntilAsync("\r\n"));
    }

    [Fact]
    public async Task ConnectionThatNoChainTakes_IsClosedAndRecordedOnce()
    {
        var listener = new ListenerModel
        {
            Name = "test",
            Address = ProxyUnderTest.Loopback(0),
            FilterChains = [new FilterChainModel { Match = new FilterChainMatchModel { ServerNames = ["a.test"] }, Terminal = ProxyUnderTest.Manager }],
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, listener, ProxyUnderTest.Cluster());
        using RawClient client = await proxy.ConnectAsync();
        await client.ReadToEndAsync();
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.NoRouteFound, "filter_chain_not_found"), (record.Flags, record.Details));
        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task ProxyHeader_NamesTheClientForTheUpstream()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        var listener = new ListenerModel
        {
            Name = "test",
            Address = ProxyUnderTest.Loopback(0),
            Sniffing = ListenerSniffing.ProxyProtocol,
            FilterChains = [new FilterChainModel { Terminal = ProxyUnderTest.Manager }],
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, listener, ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("PROXY TCP4 192.0.2.7 192.0.2.1 1234 80\r\n");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Contains("x-forwarded-for: 192.0.2.7\r\n", (await client.ReadResponseAsync()).Body);
        using RawClient without = await proxy.ConnectAsync();
        await without.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("", (await without.ReadToEndAsync()).Text);
    }

    [Fact]
    public async Task TwoListenersOnOneAddress_AreRefusedByName()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster());
        var address = ProxyUnderTest.Loopback(proxy.Port);
        ListenerModel Named(string name) => new() { Name = name, Address = address, FilterChains = [new FilterChainModel { Terminal = ProxyUnderTest.Manager }] };
        IReadOnlyList<string> errors = proxy.Engine.Publish(new ProxySnapshot { Version = 9, Listeners = [Named("one"), Named("two")] });
        Assert.Equal([$"Listener 'two' cannot listen on {address}: listener 'one' does already."], errors);
    }

    [Fact]
    public async Task HostThatKeepsFailing_IsEjected()
    {
        using ScriptedServer good = ScriptedServer.Answering(Ok), bad = ScriptedServer.Answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
        var cluster = new ClusterModel
        {
            Name = "upstream",
            Endpoints = ProxyUnderTest.Endpoints(good.Port, bad.Port),
            PanicThresholdPercent = 0,
            OutlierDetection = new OutlierDetectionModel { Consecutive5xx = 3, MaxEjectionPercent = 50 },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster, concurrency: 2);
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        Assert.Equal((97, 3), (good.Requests, bad.Requests));
    }

    [Fact]
    public async Task PrioritiesAndHealth_DecideWhoIsAsked()
    {
        using ScriptedServer first = ScriptedServer.Answering(Ok), second = ScriptedServer.Answering(Ok);
        ClusterModel Cluster(EndpointHealth health) => new()
        {
            Name = "upstream",
            Endpoints = new EndpointSetModel
            {
                Localities =
                [
                    new LocalityEndpointsModel { Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(first.Port), Health = health }] },
                    new LocalityEndpointsModel { Priority = 1, Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(second.Port) }] },
                ],
            },
        };
        ListenerModel listener = ProxyUnderTest.Listener(ProxyUnderTest.Manager);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, listener, Cluster(EndpointHealth.Healthy));
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            if (i == 10)
            {
                proxy.Publish(listener, Cluster(EndpointHealth.Unhealthy));
                Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
            }

            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        Assert.Equal((10, 10), (first.Requests, second.Requests));
    }
}
