using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http;

/// <summary>CONNECT over HTTP/1.1 (RFC 9110 section 9.3.6): ended here with the cluster's endpoint as the other side, or handed on, from and to either protocol.</summary>
public class Http1ConnectTests
{
    internal const string EndsHere = """{"match": {"connect_matcher": {}}, "route": {"cluster": "upstream", "upgrade_configs": [{"upgrade_type": "CONNECT", "connect_config": {}}]}}""";
    internal const string HandsOn = """{"match": {"connect_matcher": {}}, "route": {"cluster": "upstream", "upgrade_configs": [{"upgrade_type": "CONNECT"}]}}""";
    private const string Request = "CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\nUser-Agent: test\r\n\r\n";

    [Fact]
    public async Task ConnectThatEndsHere_CarriesBytesBothWaysAndIsRecorded()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        AssertOpens(await client.ReadUntilAsync("\r\n\r\n"));
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadUntilAsync("hello"));
        await client.SendAsync("bye");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(("bye", false), await client.ReadToEndAsync());
        ProxyUnderTest.Seen seen = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.None, "via_upstream", 8L, 8L, ProxyUnderTest.Loopback(server.Port)), (seen.Status, seen.Flags, seen.Details, seen.RequestBytes, seen.ResponseBytes, seen.Endpoint));
        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task BytesSentAheadOfTheAnswer_ArriveBehindIt()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request + "GET / HTTP/1.1\r\n\r\n");
        AssertOpens(await client.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal("GET / HTTP/1.1\r\n\r\n", await client.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task ServerThatSpeaksAndEndsFirst_IsStillSentTo()
    {
        TaskCompletionSource<(string, bool)> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.SendAsync("220 ready");
            upstream.Socket.Shutdown(SocketShutdown.Send);
            received.SetResult(await upstream.ReadToEndAsync());
        });
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        AssertOpens(await client.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal(("220 ready", false), await client.ReadToEndAsync());
        await client.SendAsync("late words");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(("late words", false), await received.Task.WaitAsync(ProxyUnderTest.Deadline));
        Assert.Equal(200, (await proxy.NextAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SideThatBreaks_BreaksTheOther(bool client)
    {
        TaskCompletionSource<bool> reset = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("hello");
            await upstream.SendAsync("hi");
            if (client) reset.SetResult((await upstream.ReadToEndAsync()).Reset);
            else upstream.Socket.LingerState = new LingerOption(true, 0);
        });
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawClient first = await proxy.ConnectAsync();
        await first.SendAsync(Request + "hello");
        AssertOpens(await first.ReadUntilAsync("\r\n\r\n"));
        if (client)
        {
            Assert.Equal("hi", await first.ReadUntilAsync("hi"));
            first.Socket.LingerState = new LingerOption(true, 0);
            first.Dispose();
            Assert.True(await reset.Task.WaitAsync(ProxyUnderTest.Deadline), "the server saw an orderly end");
        }
        else
        {
            Assert.True((await first.ReadToEndAsync()).Reset, "the client saw an orderly end");
            Assert.Equal(ResponseFlags.UpstreamConnectionTermination, (await proxy.NextAsync()).Flags);
        }
    }

    [Fact]
    public async Task EndpointThatIsNotThere_Is503BeforeAnythingIsPromised()
    {
        int port;
        using (ScriptedServer server = ScriptedServer.Echoing()) port = server.Port;
        await using ProxyUnderTest proxy = Start(EndsHere, port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        (string text, _) = await client.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 503 ", text, StringComparison.Ordinal);
        Assert.Contains("\r\nconnection: close\r\n", text, StringComparison.Ordinal);
        Assert.Equal(ResponseFlags.UpstreamConnectionFailure, (await proxy.NextAsync()).Flags);
    }

    [Fact]
    public async Task MegabytesBothWaysAtOnce_ArriveUnchanged()
    {
        const int size = 8_000_000;
        byte[] up = new byte[size], down = new byte[size];
        new Random(1).NextBytes(up);
        new Random(2).NextBytes(down);
        TaskCompletionSource<byte[]> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            Task sending = upstream.SendAsync(down);
            received.SetResult(await upstream.ReadExactlyAsync(size));
            await sending;
        });
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        AssertOpens(await client.ReadUntilAsync("\r\n\r\n"));
        Task writing = client.SendAsync(up);
        byte[] arrived = await client.ReadExactlyAsync(size);
        Assert.True(down.AsSpan().SequenceEqual(arrived));
        await writing;
        byte[] sent = await received.Task.WaitAsync(ProxyUnderTest.Deadline);
        Assert.True(up.AsSpan().SequenceEqual(sent));
    }

    [Fact]
    public async Task SlowServerWhoseSideHasEnded_GetsAllAndThenItIsOver()
    {
        const int size = 16_000_000;
        TaskCompletionSource<int> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            upstream.Socket.Shutdown(SocketShutdown.Send);
            received.SetResult((await upstream.ReadToEndAsync()).Text.Length);
        });
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request);
        AssertOpens(await client.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal(("", false), await client.ReadToEndAsync());
        await client.SendAsync(new byte[size]);
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(size, await received.Task.WaitAsync(ProxyUnderTest.Deadline));
        ProxyUnderTest.Seen seen = await proxy.NextAsync();
        Assert.Equal((200, (long)size, ResponseFlags.None), (seen.Status, seen.RequestBytes, seen.Flags));
    }

    [Theory]
    [InlineData(false, UpstreamProtocol.Http1)]
    [InlineData(false, UpstreamProtocol.Http2)]
    [InlineData(true, UpstreamProtocol.Http1)]
    [InlineData(true, UpstreamProtocol.Http2)]
    public async Task ConnectHandedOn_OpensATunnelThroughEitherProtocol(bool http2, UpstreamProtocol protocol)
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest behind = Start(EndsHere, server.Port);
        await using ProxyUnderTest proxy = Start(HandsOn, behind.Port, protocol);
        for (int i = 0; i < 3; i++)
        {
            if (http2)
            {
                using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
                await client.SendAsync(
                    Frame(Http2FrameType.Headers, 4, 1, Block((":method", "CONNECT"), (":authority", "db.example:5432"), ("x-tag", "1"))), Data(1, "one ", endStream: false), Data(1, "two", endStream: true));
                await client.ExpectStatusAsync(1, "200");
                Assert.Equal("one two", await ReadToEndAsync(client, 1));
            }
            else
            {
                using RawClient client = await proxy.ConnectAsync();
                await client.SendAsync(Request + "one ");
                AssertOpens(await client.ReadUntilAsync("\r\n\r\n"));
                Assert.Equal("one ", await client.ReadUntilAsync("one "));
                await client.SendAsync("two");
                client.Socket.Shutdown(SocketShutdown.Send);
                Assert.Equal(("two", false), await client.ReadToEndAsync());
            }

            ProxyUnderTest.Seen front = await proxy.NextAsync(), back = await behind.NextAsync();
            Assert.Equal((200, 7L, 7L, ResponseFlags.None), (front.Status, front.RequestBytes, front.ResponseBytes, front.Flags));
            Assert.Equal((200, 7L, 7L, ResponseFlags.None), (back.Status, back.RequestBytes, back.ResponseBytes, back.Flags));
        }
    }

    [Fact]
    public async Task Http2ClientsConnect_EndsAtTheEndpointToo()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
        await client.SendAsync(Frame(Http2FrameType.Headers, 4, 1, Block((":method", "CONNECT"), (":authority", "db.example:5432"))), Data(1, "one ", endStream: false), Data(1, "two", endStream: true));
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("one two", await ReadToEndAsync(client, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectHandedOn_NamesItsTargetAndTakesNoLengthFromTheAnswer(bool http2)
    {
        TaskCompletionSource<string> head = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            head.SetResult(await upstream.ReadUntilAsync("\r\n\r\n"));
            await upstream.SendAsync("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\nX-Hop: 1\r\n\r\nmore than five");
            await upstream.ReadToEndAsync();
        });
        await using ProxyUnderTest proxy = Start(HandsOn, server.Port);
        string sent;
        if (http2)
        {
            using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
            await client.SendAsync(Frame(Http2FrameType.Headers, 4, 1, Block((":method", "CONNECT"), (":authority", "db.example:5432"), ("proxy-authorization", "Basic eA=="))));
            await client.ExpectStatusAsync(1, "200");
            Assert.Equal("more than five", Encoding.ASCII.GetString((await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload));
            sent = await head.Task.WaitAsync(ProxyUnderTest.Deadline);
        }
        else
        {
            using RawClient client = await proxy.ConnectAsync();
            // The target counts, not Host (RFC 9112 section 3.2.3); Upgrade means nothing here.
            await client.SendAsync("CONNECT db.example:5432 HTTP/1.1\r\nHost: other.example\r\nProxy-Authorization: Basic eA==\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
            string answer = await client.ReadUntilAsync("\r\n\r\n");
            AssertOpens(answer);
            Assert.Contains("\r\nX-Hop: 1\r\n", answer, StringComparison.OrdinalIgnoreCase);
            Assert.Equal("more than five", await client.ReadUntilAsync("five"));
            sent = await head.Task.WaitAsync(ProxyUnderTest.Deadline);
        }

        Assert.StartsWith("CONNECT db.example:5432 HTTP/1.1\r\n", sent, StringComparison.Ordinal);
        Assert.Contains("\r\nhost: db.example:5432\r\n", sent, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nproxy-authorization: Basic eA==\r\n", sent, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("other.example", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("upgrade", sent, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("transfer-encoding", sent, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("content-length", sent, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task RefusalOfTheUpstream_IsAResponseAndTheLastOfTheConnection()
    {
        int heads = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            Interlocked.Increment(ref heads);
            await upstream.SendAsync("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 4\r\n\r\nwho?");
            await upstream.ReadToEndAsync();
        });
        await using ProxyUnderTest proxy = Start(HandsOn, server.Port);
        using RawClient client = await proxy.ConnectAsync();
        // What was meant for the tunnel is no request.
        await client.SendAsync(Request + "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n");
        string text = (await client.ReadToEndAsync()).Text;
        Assert.StartsWith("HTTP/1.1 407 ", text, StringComparison.Ordinal);
        Assert.Contains("proxy-authenticate: Basic realm=x\r\n", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nconnection: close\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nwho?", text, StringComparison.Ordinal);
        Assert.Equal(407, (await proxy.NextAsync()).Status);
        await proxy.AssertNoMoreAsync();
        Assert.Equal(1, heads);
    }

    [Theory]
    [InlineData("CONNECT db.example HTTP/1.1\r\nHost: db.example\r\n\r\n", 400, "http1.codec_error", false)]
    [InlineData("CONNECT /path HTTP/1.1\r\nHost: db.example\r\n\r\n", 400, "http1.codec_error", false)]
    [InlineData("CONNECT http://db.example:80/ HTTP/1.1\r\nHost: db.example\r\n\r\n", 400, "http1.codec_error", false)]
    [InlineData("CONNECT db.example:0x50 HTTP/1.1\r\nHost: db.example\r\n\r\n", 400, "http1.codec_error", false)]
    [InlineData("CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example\r\nContent-Length: 5\r\n\r\nhello", 400, "http1.body_disallowed", true)]
    [InlineData("CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, "http1.invalid_transfer_encoding", true)]
    [InlineData("CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n", 501, "http1.invalid_transfer_encoding", true)]
    public async Task MalformedConnect_IsRefusedAndReachesNobody(string request, int status, string details, bool exact)
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(EndsHere, server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        string text = (await client.ReadToEndAsync()).Text;
        Assert.StartsWith($"HTTP/1.1 {status} ", text, StringComparison.Ordinal);
        ProxyUnderTest.Seen seen = await proxy.NextAsync();
        Assert.Equal((status, ResponseFlags.DownstreamProtocolError), (seen.Status, seen.Flags));
        if (exact) Assert.Equal(details, seen.Details);
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}""", true, 404, "route_not_found")]
    [InlineData("""{"match": {"connect_matcher": {}}, "route": {"cluster": "upstream", "upgrade_configs": [{"upgrade_type": "CONNECT", "enabled": false, "connect_config": {}}]}}""", true, 403, "upgrade_failed")]
    [InlineData("""{"match": {"connect_matcher": {}}, "route": {"cluster": "upstream"}}""", false, 403, "upgrade_failed")]
    [InlineData("""{"match": {"connect_matcher": {}}, "direct_response": {"status": 429}}""", false, 429, "direct_response")]
    public async Task ConnectThatNoRouteTakes_IsRefused(string route, bool allowed, int status, string details)
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest proxy = Start(route, server.Port, allowed: allowed);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request.Replace("User-Agent: test", "Content-Type: application/grpc", StringComparison.Ordinal) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        string text = (await client.ReadToEndAsync()).Text;
        Assert.StartsWith($"HTTP/1.1 {status} ", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Split("HTTP/1.1 ").Length - 1);
        ProxyUnderTest.Seen seen = await proxy.NextAsync();
        Assert.Equal((status, details), (seen.Status, seen.Details));
        await proxy.AssertNoMoreAsync();
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task ConnectionManagerThatAllowsConnect_HandsItOnWhereTheRouteSaysNothing()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using ProxyUnderTest behind = Start(EndsHere, server.Port, allowed: false);
        await using ProxyUnderTest proxy = Start("""{"match": {"connect_matcher": {}}, "route": {"cluster": "upstream"}}""", behind.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Request + "hello");
        AssertOpens(await client.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal("hello", await client.ReadUntilAsync("hello"));
    }

    [Fact]
    public async Task ClientThatLeavesBeforeTheAnswer_FreesTheUpstream()
    {
        TaskCompletionSource<string> asked = new(TaskCreationOptions.RunContinuationsAsynchronously), ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            asked.SetResult(await upstream.ReadUntilAsync("\r\n\r\n"));
            ended.SetResult((await upstream.ReadToEndAsync()).Text);
        });
        await using ProxyUnderTest proxy = Start(HandsOn, server.Port);
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Request);
            await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        }

        Assert.Equal("", await ended.Task.WaitAsync(ProxyUnderTest.Deadline));
        Assert.Equal(ResponseFlags.DownstreamConnectionTermination, (await proxy.NextAsync()).Flags);
    }

    internal static ProxyUnderTest Start(string route, int upstream, UpstreamProtocol protocol = UpstreamProtocol.Http1, bool allowed = true) => ProxyUnderTest.Start(
        new ClusterModel { Name = "upstream", ConnectTimeout = TimeSpan.FromSeconds(10), Endpoints = ProxyUnderTest.Endpoints(upstream), Protocol = protocol },
        new HttpConnectionManagerModel { StatPrefix = "test", InlineRoutes = TestRoutes.Of(route), UpgradeTypes = allowed ? ["connect"] : [] });

    /// <summary>RFC 9110 section 9.3.6: an answer that opens a tunnel has no length, and it is not the last thing on its connection.</summary>
    private static void AssertOpens(string head)
    {
        Assert.StartsWith("HTTP/1.1 200 ", head, StringComparison.Ordinal);
        foreach (string name in new[] { "content-length", "transfer-encoding", "connection" })
            Assert.DoesNotContain($"\r\n{name}:", head, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<string> ReadToEndAsync(RawHttp2Client client, int stream)
    {
        string text = "";
        while (true)
        {
            RawFrame frame = await client.ReadUntilAsync(Http2FrameType.Data, stream);
            text += Encoding.ASCII.GetString(frame.Payload);
            if (frame.EndStream) return text;
        }
    }
}
