using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http;

/// <summary>Cases of the catalogue of bad input that no other class has, each with its number; <c>docs/bad-input.md</c> says where the others are.</summary>
public sealed class BadInputTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    [Theory]
    [InlineData("5_0\r\nhello")]
    [InlineData(" 5\r\nhello")]
    [InlineData("5\r\nhello0\r\n\r\n")]
    [InlineData("5;a=\"\n\"\r\nhello")]
    [InlineData("5;a=\u0001\r\nhello")]
    [InlineData("5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n")]
    [InlineData("LONG EXTENSION")]
    public async Task Case08_BrokenChunk_Is400(string body)
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream => await upstream.ReadToEndAsync());
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        if (body == "LONG EXTENSION") body = $"5;a={new string('x', 17 * 1024)}\r\nhello";
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        Assert.StartsWith("HTTP/1.1 400 ", (await client.ReadToEndAsync()).Text);
        Assert.Equal(ResponseFlags.DownstreamProtocolError, (await proxy.NextAsync()).Flags);
    }

    [Fact]
    public async Task Case19_ClientThatPipelinesWithoutEnd_HoldsNobodyUp()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        proxy.Observing = false;
        using RawClient greedy = await proxy.ConnectAsync();
        using CancellationTokenSource stop = new();
        byte[] many = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200)));
        Task ask = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await greedy.SendAsync(many);
        });
        Task read = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested && await greedy.ReceiveAsync() is { Length: > 0 })
            {
                // as fast as it can
            }
        });
        using RawClient other = await proxy.ConnectAsync();
        for (int i = 0; i < 50; i++)
        {
            await other.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("hello", (await other.ReadResponseAsync()).Body);
        }

        await stop.CancelAsync();
        greedy.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await Task.WhenAll(ask, read);
            throw new OperationCanceledException();
        });
    }

    [Fact]
    public async Task Case20_ClientsThatNeverFinishTheirHeads_KeepNobodyOut()
    {
        const int Slow = 500;
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.To("upstream"),
            RequestHeadersTimeout = TimeSpan.FromSeconds(5),
        });
        List<RawClient> slow = [];
        for (int i = 0; i < Slow; i++)
        {
            RawClient client = await proxy.ConnectAsync();
            slow.Add(client);
            await client.SendAsync("GET / HTTP/1.1\r\nHo");
        }

        using RawClient other = await proxy.ConnectAsync();
        await other.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("hello", (await other.ReadResponseAsync()).Body);
        foreach (RawClient client in slow)
        {
            Assert.StartsWith("HTTP/1.1 408 ", (await client.ReadToEndAsync()).Text);
            client.Dispose();
        }
    }

    [Fact]
    public async Task Case21_ReaderThatStalls_IsResetAfterTheIdleTime()
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
            byte[] block = new byte[1 << 20];
            for (int i = 0; i < 1_000; i++) await upstream.SendAsync(block);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.To("upstream"),
            StreamIdleTimeout = TimeSpan.FromMilliseconds(500),
        });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        ProxyUnderTest.Seen seen = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.StreamIdleTimeout), (seen.Status, seen.Flags));
        (string text, bool reset) = await client.ReadToEndAsync();
        Assert.True(reset || text.Length < 1_000_000_000, "the response must not look whole");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Case30_BodyByTheByte_ArrivesWhole(bool http2)
    {
        const int Bytes = 20_000;
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(KestrelUpstream.EchoAsync, Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port));
        if (!http2)
        {
            using RawClient plain = await proxy.ConnectAsync();
            await plain.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{string.Concat(Enumerable.Repeat("1\r\nx\r\n", Bytes))}0\r\n\r\n");
            await plain.ReadUntilAsync("\r\n\r\n");
            Assert.Equal(200, (await proxy.NextAsync()).Status);
            return;
        }

        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Post(1, "/", ("content-length", $"{Bytes}")));
        byte[] frame = Data(1, "x", endStream: false);
        await client.SendAsync([.. Enumerable.Repeat(frame, Bytes)]);
        await client.SendAsync(Data(1, "", endStream: true));
        await client.ExpectStatusAsync(1, "200");
        for (int got = 0; got < Bytes;) got += (await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload.Length;
    }

    [Fact]
    public async Task Case31_UpstreamThatGoesAwayAndTakesNoStreams_IsLeftForANewConnection()
    {
        using ScriptedServer server = Http2Script.Start(static async (connection, number) =>
        {
            if (number > 1)
            {
                while (true) await connection.AnswerAsync();
            }

            await connection.ReadAsync(Http2Script.Headers);
            await connection.SendRawAsync([
                .. Http2Script.Bytes(Http2Script.Settings, 0, 0, Http2Script.Setting(3, 0)),
                .. Http2Script.Bytes(Http2Script.GoAway, 0, 0, [.. Http2Script.Number(0), .. Http2Script.Number(0)])]);
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using RawHttp2Client client = await ConnectAsync(proxy);
        for (int i = 0; i < 20; i++) await client.SendAsync(Get((2 * i) + 1, "/"));
        int answered = 0;
        while (answered < 20 && await client.ReadAsync() is { } frame)
        {
            if (frame.Type == Http2FrameType.Data && frame.EndStream) answered++;
        }

        Assert.Equal(20, answered);
        for (int i = 0; i < 20; i++) Assert.Equal(200, (await proxy.NextAsync()).Status);
    }

    [Fact]
    public async Task Case38_GrpcResponseWithoutAStatus_IsAnErrorToItsClient()
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(static async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(upstream.Port));
        (Peers.NodePeer client, _) = await Peers.NodePeer.StartAsync("grpc-peer.js", "client", $"{proxy.Port}");
        // The specification asks for UNKNOWN; Node's client says INTERNAL.
        using (client) Assert.Contains((await client.AskAsync(new { call = "unary", bytes = 1 })).GetProperty("code").GetInt32(), (int[])[2, 13]);
    }

    [Theory]
    [InlineData("GET", 2, "200")]
    [InlineData("POST", 1, "503")]
    public async Task Case59_ConnectionThatEndsAsItIsUsedAgain_RepeatsOnlyWhatIsSafe(string method, int seen, string status)
    {
        int requests = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            // Each connection answers one request; the next one on it meets the end.
            await upstream.ReadUntilAsync("\r\n\r\n");
            Interlocked.Increment(ref requests);
            await upstream.SendAsync(Ok);
            await upstream.ReadUntilAsync("\r\n\r\n");
            Interlocked.Increment(ref requests);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("hello", (await client.ReadResponseAsync()).Body);
        Assert.Equal(200, (await proxy.NextAsync()).Status);
        Interlocked.Exchange(ref requests, 0);
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", (await client.ReadResponseAsync()).Head);
        Assert.Equal(int.Parse(status), (await proxy.NextAsync()).Status);
        Assert.Equal(seen, Volatile.Read(ref requests));
    }

    [Theory]
    [InlineData(1_000, 2, "200")]
    [InlineData(200_000, 1, "503")]
    public async Task Case65_BodyLargerThanTheRetryBuffer_IsSentOnceAndWhole(int bytes, int attempts, string status)
    {
        int requests = 0;
        long received = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            while (true)
            {
                await upstream.ReadUntilAsync("\r\n\r\n");
                Interlocked.Add(ref received, (await upstream.ReadExactlyAsync(bytes)).Length);
                bool first = Interlocked.Increment(ref requests) == 1;
                await upstream.SendAsync(first ? "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n" : Ok);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "num_retries": 2}}, "per_request_buffer_limit_bytes": 65536}"""),
        });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {bytes}\r\n\r\n{new string('x', bytes)}");
        Assert.StartsWith($"HTTP/1.1 {status} ", (await client.ReadResponseAsync()).Head);
        Assert.Equal(attempts, (await proxy.NextAsync()).Attempts);
        Assert.Equal((attempts, (long)attempts * bytes), (Volatile.Read(ref requests), Interlocked.Read(ref received)));
    }
}
