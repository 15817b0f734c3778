using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http;
using Weft.Proxy.Tests.Http2;
using static Weft.Proxy.Tests.Http2.Http2Script;

namespace Weft.Proxy.Tests.Hbone;

/// <summary>A TCP proxy with <c>tunneling_config</c> towards an endpoint that does what a test wants, frame by frame.</summary>
public class TunnelingTests
{
    [Fact]
    public async Task Connection_BecomesAConnectAndEachEndPassesOn()
    {
        using ScriptedServer hop = Http2Script.Start(async (connection, _) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, 4, head.Stream, Ok);
            await EchoAsync(connection, head.Stream);
        });
        await using ProxyUnderTest proxy = Start(hop.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadUntilAsync("hello"));
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(("", false), await client.ReadToEndAsync());
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.None, 5L, 5L), (record.Flags, record.RequestBytes, record.ResponseBytes));
        await proxy.AssertNoMoreAsync();
        Assert.Equal(0, await proxy.StatAsync("cluster.upstream.upstream_rq_active"));
    }

    [Fact]
    public async Task HopThatEndsFirst_IsStillSentTo()
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer hop = Http2Script.Start(async (connection, _) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, 4, head.Stream, Ok);
            await connection.SendAsync(Data, 1, head.Stream, "220 ready"u8.ToArray());
            string text = "";
            for (Frame frame; ;)
            {
                frame = await connection.ReadAsync(Data);
                text += Encoding.ASCII.GetString(frame.Payload);
                if ((frame.Flags & 1) != 0) break;
            }

            received.SetResult(text);
        });
        await using ProxyUnderTest proxy = Start(hop.Port);
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal(("220 ready", false), await client.ReadToEndAsync());
        await client.SendAsync("late words");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("late words", await received.Task.WaitAsync(ProxyUnderTest.Deadline));
    }

    [Fact]
    public async Task RefusedTunnel_EndsTheConnectionWithItsReason()
    {
        using ScriptedServer hop = Http2Script.Start(async (connection, _) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, 5, head.Stream, 0x48, 3, (byte)'4', (byte)'0', (byte)'3');
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = Start(hop.Port);
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.UpstreamConnectionFailure, "The tunnel was refused with status 403."), (record.Flags, record.Failure));
    }

    [Fact]
    public async Task ResetOfTheStream_ResetsTheClientAndTheNextTunnelUsesTheSameConnection()
    {
        using ScriptedServer hop = Http2Script.Start(async (connection, _) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, 4, head.Stream, Ok);
            await connection.ReadAsync(Data);
            await connection.SendAsync(ResetStream, 0, head.Stream, Number(10));
            head = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, 4, head.Stream, Ok);
            await EchoAsync(connection, head.Stream);
        });
        await using ProxyUnderTest proxy = Start(hop.Port);
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync("hello");
            Assert.True((await client.ReadToEndAsync()).Reset, "the client saw an orderly end");
        }

        using RawClient next = await proxy.ConnectAsync();
        await next.SendAsync("again");
        Assert.Equal("again", await next.ReadUntilAsync("again"));
        Assert.Equal(1, hop.Connections);
    }

    [Fact]
    public async Task ResetOfTheClient_ResetsTheStream()
    {
        var code = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer hop = Http2Script.Start(async (connection, _) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, 4, head.Stream, Ok);
            await connection.SendAsync(Data, 0, head.Stream, "hi"u8.ToArray());
            code.SetResult((await connection.ReadAsync(ResetStream)).Payload);
        });
        await using ProxyUnderTest proxy = Start(hop.Port);
        using (RawClient client = await proxy.ConnectAsync())
        {
            Assert.Equal("hi", await client.ReadUntilAsync("hi"));
            client.Socket.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal(Number(10), await code.Task.WaitAsync(ProxyUnderTest.Deadline));
    }

    [Fact]
    public async Task GoawayThatPassesOverAConnect_HasItAskedAgainElsewhere()
    {
        using ScriptedServer hop = Http2Script.Start(async (connection, number) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            if (number == 1)
            {
                await connection.SendAsync(GoAway, 0, 0, [.. Number(0), .. Number(0)]);
                await connection.DrainAsync();
                return;
            }

            await connection.SendAsync(Headers, 4, head.Stream, Ok);
            await EchoAsync(connection, head.Stream);
        });
        await using ProxyUnderTest proxy = Start(hop.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadUntilAsync("hello"));
        Assert.Equal(2, hop.Connections);
    }

    [Fact]
    public async Task TrailersInATunnel_BreakIt()
    {
        using ScriptedServer hop = Http2Script.Start(async (connection, _) =>
        {
            Frame head = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, 4, head.Stream, Ok);
            await connection.ReadAsync(Data);
            await connection.SendAsync(Headers, 5, head.Stream, Field("x-sum", "1"));
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = Start(hop.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("hello");
        Assert.True((await client.ReadToEndAsync()).Reset, "the client saw an orderly end");
    }

    [Fact]
    public async Task HopWithoutHttp2_IsRefusedWithItsReason()
    {
        using ScriptedServer hop = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(hop.Port), Proxy);
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.UpstreamConnectionFailure, "The tunnel was refused with status 503."), (record.Flags, record.Failure));
        Assert.Equal(0, hop.Connections);
    }

    private const byte Ok = 0x88;

    private static TcpProxyModel Proxy => new() { StatPrefix = "tcp", Clusters = [new WeightedClusterModel("upstream", 1)], Tunneling = new TunnelingModel("db.example.com:5432") };

    private static ProxyUnderTest Start(int port) => ProxyUnderTest.Start(
        new ClusterModel { Name = "upstream", Protocol = UpstreamProtocol.Http2, Endpoints = ProxyUnderTest.Endpoints(port) }, Proxy);

    private static async Task EchoAsync(Http2Script connection, int stream)
    {
        while (true)
        {
            Frame frame = await connection.ReadAsync(Data);
            await connection.SendAsync(Data, frame.Flags, stream, frame.Payload);
            if ((frame.Flags & 1) != 0) return;
        }
    }
}
