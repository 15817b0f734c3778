using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>An address that another process listens on, although both would share it (SO_REUSEPORT).</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class AddressInUseTests(WeftProxyProgram program)
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task SecondProxyOnOnePort_RefusesToStartAndNamesTheFirst()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        int port = RunningWeftProxy.FreePort();
        string bootstrap = RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port));
        await using RunningWeftProxy first = RunningWeftProxy.Start(program, bootstrap);
        await first.StartedAsync();

        await using RunningWeftProxy second = RunningWeftProxy.Start(program, bootstrap);
        Assert.Equal(2, await second.EndAsync());
        await second.UntilSaidAsync($"Listener 'front' cannot listen on 127.0.0.1:{port}: the address is in use by process {first.Process.Id} (weft-proxy).");
        using RawClient client = await RawClient.ConnectAsync(port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task EngineThatSharesAddresses_ListensBesideAnotherProcess()
    {
        int port = RunningWeftProxy.FreePort();
        await using RunningWeftProxy other = RunningWeftProxy.Start(program, RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(1)));
        await other.StartedAsync();
        ProxySnapshot snapshot = new()
        {
            Version = 1,
            Listeners = [new ListenerModel { Name = "test", Address = ProxyUnderTest.Loopback(port), FilterChains = [new FilterChainModel { Terminal = ProxyUnderTest.Manager }] }],
        };

        using ProxyEngine alone = new(new EngineOptions { Concurrency = 1 });
        Assert.Equal([$"Listener 'test' cannot listen on 127.0.0.1:{port}: the address is in use by process {other.Process.Id} (weft-proxy)."], alone.Publish(snapshot));
        using ProxyEngine successor = new(new EngineOptions { Concurrency = 1, SharesAddresses = true });
        Assert.Empty(successor.Publish(snapshot));
        Assert.Equal(port, successor.BoundAddress("test").Port);
    }

    [Fact]
    public async Task ListenerUnderAnotherName_TakesOverTheAddressOfItsOwnProcess()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        ClusterModel cluster = ProxyUnderTest.Cluster(server.Port);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster, concurrency: 2);
        int port = proxy.Port;
        proxy.Publish(new ListenerModel { Name = "renamed", Address = ProxyUnderTest.Loopback(port), FilterChains = [new FilterChainModel { Terminal = ProxyUnderTest.Manager }] }, cluster);
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        using RawClient client = await RawClient.ConnectAsync(port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
    }
}
