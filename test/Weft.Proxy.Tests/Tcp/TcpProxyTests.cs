using System.Net.Sockets;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Tcp;

public class TcpProxyTests
{
    private static TcpProxyModel Proxy => new() { StatPrefix = "tcp", Clusters = [new WeightedClusterModel("upstream", 1)] };

    [Fact]
    public async Task Bytes_PassBothWaysAndEachEndPassesOn()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), Proxy);
        using RawClient client = await proxy.ConnectAsync();
        byte[] data = new byte[1_000_000];
        new Random(3).NextBytes(data);
        Task send = client.SendAsync(data);
        Assert.Equal(data, await client.ReadExactlyAsync(data.Length));
        await send;
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(("", false), await client.ReadToEndAsync());
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.None, 1_000_000, 1_000_000), (record.Flags, record.RequestBytes, record.ResponseBytes));
        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task ServerThatSpeaksFirst_IsHeard()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.SendAsync("220 ready\r\n");
            Assert.Equal("QUIT\r\n", await upstream.ReadUntilAsync("\r\n"));
            await upstream.SendAsync("221 bye\r\n");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), Proxy);
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal("220 ready\r\n", await client.ReadUntilAsync("\r\n"));
        await client.SendAsync("QUIT\r\n");
        Assert.Equal("221 bye\r\n", await client.ReadUntilAsync("\r\n"));
    }

    [Fact]
    public async Task RefusedUpstream_EndsTheConnectionWithItsReason()
    {
        int port;
        using (ScriptedServer server = ScriptedServer.Echoing()) port = server.Port;
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(port), new TcpProxyModel { Clusters = [new WeightedClusterModel("upstream", 1)], MaxConnectAttempts = 2 });
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal(ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded, record.Flags);
        Assert.Equal("delayed connect error: 111", record.Failure);
    }

    [Fact]
    public async Task SlowReader_StopsTheUpstreamFromBeingRead()
    {
        long sent = 0;
        byte[] block = new byte[64 * 1024];
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            for (int i = 0; i < 1024; i++)
            {
                await upstream.SendAsync(block);
                Interlocked.Add(ref sent, block.Length);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), Proxy);
        using RawClient client = await proxy.ConnectAsync();
        long last = -1;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (int still = 0; still < 6 || last <= 0; still = Interlocked.Read(ref sent) == last ? still + 1 : 0)
        {
            last = Interlocked.Read(ref sent);
            await timer.WaitForNextTickAsync();
        }

        Assert.True(last < 32 << 20, $"{last} bytes were taken from the upstream for a client that reads none");
        await client.ReadExactlyAsync(64 << 20);
    }
}
