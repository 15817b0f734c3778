using System.Net.Sockets;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hbone;

/// <summary>HBONE with an implementation of HTTP/2 and TLS that is not ours, on either side.</summary>
public class NodeTunnelTests
{
    [Fact]
    public async Task NodesTunnel_IsCarried()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port);
        using NodeTunnel node = NodeTunnel.Ask(pair.Authority, pair.Authority.Workload(HbonePair.Client), pair.HbonePort, $"127.0.0.1:{server.Port}");
        Assert.Equal($"200 {3 << 20} true", await node.NextAsync());
    }

    [Fact]
    public async Task NodesTunnelToElsewhere_Is403()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port);
        using NodeTunnel node = NodeTunnel.Ask(pair.Authority, pair.Authority.Workload(HbonePair.Client), pair.HbonePort, "127.0.0.1:1");
        Assert.StartsWith("403 ", await node.NextAsync());
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task OurTunnel_IsCarriedByNode()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port);
        using NodeTunnel node = await NodeTunnel.ServeAsync(pair.Authority, pair.Authority.Workload(HbonePair.Server));
        await using HbonePair through = pair.Through(node.Port);
        using RawClient client = await through.ConnectAsync();
        byte[] data = new byte[3_000_000];
        new Random(5).NextBytes(data);
        Task send = client.SendAsync(data);
        Assert.Equal(data, await client.ReadExactlyAsync(data.Length));
        await send;
        Assert.Equal($"CONNECT 127.0.0.1:{server.Port} :authority :method URI:{HbonePair.Client}", await node.NextAsync());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(("", false), await client.ReadToEndAsync());
    }
}
