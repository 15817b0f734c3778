using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Hbone;

/// <summary>CONNECT that ends here, frame by frame (RFC 9113 section 8.5).</summary>
public class ConnectTests
{
    [Fact]
    public async Task Connect_CarriesBytesBothWaysAndIsRecorded()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}"));
        await client.ExpectStatusAsync(1, "200");
        await client.SendAsync(Data(1, "hello", endStream: false));
        Assert.Equal("hello", Text(await client.ReadUntilAsync(Http2FrameType.Data, 1)));
        await client.SendAsync(Data(1, "bye", endStream: true));
        Assert.Equal("bye", await ReadToEndAsync(client, 1));
        ProxyUnderTest.Seen[] seen = [await proxy.NextAsync(), await proxy.NextAsync()];
        ProxyUnderTest.Seen connection = Assert.Single(seen, record => record.Status == 0);
        Assert.Equal((ResponseFlags.None, 8L, 8L, ProxyUnderTest.Loopback(server.Port)), (connection.Flags, connection.RequestBytes, connection.ResponseBytes, connection.Endpoint));
        ProxyUnderTest.Seen connect = Assert.Single(seen, record => record.Status == 200);
        Assert.Equal((8L, 8L, "via_upstream"), (connect.RequestBytes, connect.ResponseBytes, connect.Details));
        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task BytesAndEndSentAheadOfTheAnswer_ArriveBehindIt()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}"), Data(1, "one ", endStream: false), Data(1, "two", endStream: true));
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("one two", await ReadToEndAsync(client, 1));
    }

    [Fact]
    public async Task ConnectWhoseStreamHasEnded_IsAConnectionWhoseClientHasEnded()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            Assert.Empty((await upstream.ReceiveAsync())!);
            await upstream.SendAsync("only this");
        });
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}", endStream: true));
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("only this", await ReadToEndAsync(client, 1));
    }

    [Fact]
    public async Task ServerThatEndsFirst_IsStillSentTo()
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.SendAsync("220 ready");
            upstream.Socket.Shutdown(SocketShutdown.Send);
            received.SetResult((await upstream.ReadToEndAsync()).Text);
        });
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}"));
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("220 ready", await ReadToEndAsync(client, 1));
        await client.SendAsync(Data(1, "late ", endStream: false), Data(1, "words", endStream: true));
        Assert.Equal("late words", await received.Task.WaitAsync(ProxyUnderTest.Deadline));
    }

    [Theory]
    [InlineData("127.0.0.1:1", "403", "the destination does not belong to this workload")]
    [InlineData("127.0.0.2:PORT", "403", "the destination does not belong to this workload")]
    [InlineData("any.example:80", "400", "The authority of a CONNECT must be an IP address with a port here.")]
    public async Task OtherDestination_IsRefusedWithItsReasonAndReachesNobody(string authority, string status, string reason)
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, authority.Replace("PORT", $"{server.Port}", StringComparison.Ordinal)));
        await client.ExpectStatusAsync(1, status);
        Assert.Equal(reason, await ReadToEndAsync(client, 1));
        // The connection goes on, and the next tunnel is let in.
        await client.SendAsync(Connect(3, $"127.0.0.1:{server.Port}"));
        await client.ExpectStatusAsync(3, "200");
        await client.SendAsync(Data(3, "x", endStream: true));
        Assert.Equal("x", await ReadToEndAsync(client, 3));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task ConnectionManagerWithoutConnect_Is404()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(1));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, "127.0.0.1:1"));
        await client.ExpectStatusAsync(1, "404");
    }

    [Fact]
    public async Task ResetOfTheStream_ResetsTheServer()
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            Assert.Equal("hello", await upstream.ReadUntilAsync("hello"));
            await upstream.SendAsync("hi");
            ended.SetResult((await upstream.ReadToEndAsync()).Reset);
        });
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}"), Data(1, "hello", endStream: false));
        Assert.Equal("hi", Text(await client.ReadUntilAsync(Http2FrameType.Data, 1)));
        await client.SendAsync(Reset(1));
        Assert.True(await ended.Task.WaitAsync(ProxyUnderTest.Deadline), "the server saw an orderly end");
    }

    [Fact]
    public async Task ResetOfTheServer_IsAConnectErrorOfItsStreamAlone()
    {
        int connections = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            bool isFirst = Interlocked.Increment(ref connections) == 1;
            Assert.Equal("hello", await upstream.ReadUntilAsync("hello"));
            if (isFirst) upstream.Socket.LingerState = new LingerOption(true, 0);
            else await upstream.SendAsync("hi");
        });
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}"), Data(1, "hello", endStream: false));
        await client.ExpectResetAsync(1, Http2ErrorCode.ConnectError);
        await client.SendAsync(Connect(3, $"127.0.0.1:{server.Port}"), Data(3, "hello", endStream: false));
        Assert.Equal("hi", Text(await client.ReadUntilAsync(Http2FrameType.Data, 3)));
    }

    [Fact]
    public async Task LostConnection_ResetsWhatItCarried()
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.SendAsync("hi");
            ended.SetResult((await upstream.ReadToEndAsync()).Reset);
        });
        await using ProxyUnderTest proxy = Start(server.Port);
        using (RawHttp2Client client = await ConnectAsync(proxy))
        {
            await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}"));
            Assert.Equal("hi", Text(await client.ReadUntilAsync(Http2FrameType.Data, 1)));
        }

        Assert.True(await ended.Task.WaitAsync(ProxyUnderTest.Deadline), "the server saw an orderly end");
    }

    [Fact]
    public async Task TrailersBehindAConnect_BreakTheStreamAlone()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{server.Port}"));
        await client.ExpectStatusAsync(1, "200");
        await client.SendAsync(Frame(Http2FrameType.Headers, 5, 1, Block(("x-sum", "1"))));
        await client.ExpectResetAsync(1, Http2ErrorCode.ProtocolError);
        await client.SendAsync(Connect(3, $"127.0.0.1:{server.Port}"));
        await client.ExpectStatusAsync(3, "200");
    }

    [Fact]
    public async Task MoreStreamsThanAllowed_AreRefusedAndTheOthersGoOn()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(server.Port, streams: 2);
        using RawHttp2Client client = await ConnectAsync(proxy);
        for (int stream = 1; stream <= 5; stream += 2) await client.SendAsync(Connect(stream, $"127.0.0.1:{server.Port}"));
        await client.ExpectResetAsync(5, Http2ErrorCode.RefusedStream);
        await client.SendAsync(Data(1, "a", endStream: false), Data(3, "b", endStream: false));
        Assert.Equal("b", Text(await client.ReadUntilAsync(Http2FrameType.Data, 3)));
    }

    [Fact]
    public async Task ServerThatIsNotThere_EndsTheTunnel()
    {
        int port;
        using (ScriptedServer server = ScriptedServer.Echoing()) port = server.Port;
        await using ProxyUnderTest proxy = Start(port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Connect(1, $"127.0.0.1:{port}"));
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("", await ReadToEndAsync(client, 1));
        ProxyUnderTest.Seen[] seen = [await proxy.NextAsync(), await proxy.NextAsync()];
        Assert.Contains(seen, record => record.Flags == ResponseFlags.UpstreamConnectionFailure && record.Failure == "delayed connect error: 111");
    }

    private static ProxyUnderTest Start(int application, int streams = 100)
    {
        HttpConnectionManagerModel terminal = HbonePair.Terminal(application, streams);
        return ProxyUnderTest.StartAll(
            [
                ProxyUnderTest.Listener(terminal),
                new ListenerModel { Name = "main_internal", Address = default, IsInternal = true, BindToPort = false, FilterChains = [new FilterChainModel { Terminal = HbonePair.Tcp("application") }] },
            ],
            new ClusterModel { Name = "main_internal", Endpoints = HbonePair.Behind("main_internal", default, "") },
            new ClusterModel { Name = "application", Endpoints = ProxyUnderTest.Endpoints(application) });
    }

    private static byte[] Connect(int stream, string authority, bool endStream = false) =>
        Frame(Http2FrameType.Headers, 4 | (endStream ? 1 : 0), stream, Block((":method", "CONNECT"), (":authority", authority), ("forwarded", "for=10.0.0.9"), ("baggage", "k8s.namespace.name=default")));

    private static string Text(RawFrame frame) => Encoding.ASCII.GetString(frame.Payload);

    private static async Task<string> ReadToEndAsync(RawHttp2Client client, int stream)
    {
        string text = "";
        while (true)
        {
            RawFrame frame = await client.ReadUntilAsync(Http2FrameType.Data, stream);
            text += Text(frame);
            if (frame.EndStream) return text;
        }
    }
}
