using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http;
using Weft.Proxy.Tests.Peers;

namespace Weft.Proxy.Tests.Http2;

/// <summary>gRPC-Web from browsers' client (npm grpc-web) and from raw requests to a gRPC server on Node.</summary>
public sealed class GrpcWebTests : IAsyncLifetime
{
    private const string Binary = "application/grpc-web+proto";
    private const string Text = "application/grpc-web-text";
    private NodePeer _server = null!;
    private ProxyUnderTest _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        (_server, JsonElement port) = await NodePeer.StartAsync("grpc-peer.js", "server");
        _proxy = Start(KestrelUpstream.Cluster(port.GetProperty("port").GetInt32()));
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Theory]
    [InlineData("binary", 0)]
    [InlineData("binary", 200_000)]
    [InlineData("text", 0)]
    [InlineData("text", 200_000)]
    public async Task BrowsersClient_CallsAGrpcServer(string format, int bytes)
    {
        using NodePeer client = await ClientAsync(_proxy);
        JsonElement answer = await client.AskAsync(new { call = "unary", format, bytes });
        Assert.Equal((0, true), (answer.GetProperty("code").GetInt32(), answer.GetProperty("same").GetBoolean()));
        Assert.Equal("yes", answer.GetProperty("head").GetString());
        Assert.Equal("yes", answer.GetProperty("trailer").GetString());
    }

    [Fact]
    public async Task BrowsersClient_ReadsAStreamOfMessages()
    {
        using NodePeer client = await ClientAsync(_proxy);
        JsonElement answer = await client.AskAsync(new { call = "many", format = "text", tens = 50 });
        Assert.Equal((0, 500, true), (answer.GetProperty("code").GetInt32(), answer.GetProperty("count").GetInt32(), answer.GetProperty("ordered").GetBoolean()));
    }

    [Theory]
    [InlineData("binary")]
    [InlineData("text")]
    public async Task BrowsersClient_SeesErrors(string format)
    {
        using NodePeer client = await ClientAsync(_proxy);
        JsonElement failed = await client.AskAsync(new { call = "fail", format });
        Assert.Equal((9, "not like this, é"), (failed.GetProperty("code").GetInt32(), failed.GetProperty("details").GetString()));
        Assert.Equal(12, (await client.AskAsync(new { call = "nothing", format })).GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("binary")]
    [InlineData("text")]
    public async Task BrowsersClient_SeesThatTheUpstreamIsUnreachable(string format)
    {
        await using ProxyUnderTest proxy = Start(KestrelUpstream.Cluster(1));
        using NodePeer client = await ClientAsync(proxy);
        JsonElement answer = await client.AskAsync(new { call = "unary", format, bytes = 1 });
        Assert.Equal(14, answer.GetProperty("code").GetInt32());
        Assert.Contains("upstream connect error", answer.GetProperty("details").GetString());
    }

    [Theory]
    [InlineData(Binary, "", Binary)]
    [InlineData("application/grpc-web", "", Binary)]
    [InlineData(Text, "", "application/grpc-web-text+proto")]
    [InlineData(Text, "Accept: application/grpc-web\r\n", Binary)]
    [InlineData(Binary, "Accept: */*, application/grpc-web-text\r\n", "application/grpc-web-text+proto")]
    public async Task Answer_IsInTheEncodingThatTheClientTakes(string type, string accept, string expected)
    {
        using RawClient client = await _proxy.ConnectAsync();
        byte[] message = Framed([1, 2, 3, 4]);
        byte[] body = type.Contains("text", StringComparison.Ordinal) ? Encoding.ASCII.GetBytes(Convert.ToBase64String(message)) : message;
        await client.SendAsync(Head("Unary", type, accept, body.Length));
        await client.SendAsync(body);
        string head = await client.ReadUntilAsync("\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains($"content-type: {expected}\r\n", head);
        Assert.DoesNotContain("content-length", head);
        byte[] answer = await ReadChunksAsync(client);
        if (expected.Contains("text", StringComparison.Ordinal)) answer = Unbase64(answer);
        Assert.Equal(message, answer[..message.Length]);
        Assert.Equal(0x80, answer[message.Length]);
        Assert.Equal(answer.Length - message.Length - 5, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(message.Length + 1)));
        Assert.Contains("grpc-status: 0\r\n", Encoding.ASCII.GetString(answer.AsSpan(message.Length + 5)));
        ProxyUnderTest.Seen seen = await _proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.None, (long)body.Length), (seen.Status, seen.Flags, seen.RequestBytes));
        // The connection serves on.
        await client.SendAsync(Head("Unary", Binary, "", message.Length));
        await client.SendAsync(message);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.ReadUntilAsync("\r\n\r\n"));
    }

    [Theory]
    [InlineData(Binary)]
    [InlineData(Text)]
    public async Task EveryMessageOfAStream_ArrivesBeforeTheNextIsSent(string type)
    {
        // A talk through gRPC-Web: HTTP/1.1 lets both sides stream, though no browser does.
        using RawClient client = await _proxy.ConnectAsync();
        await client.SendAsync($"POST /weft.test.Echo/Talk HTTP/1.1\r\nHost: a\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 20; i++)
        {
            byte[] message = Framed(new byte[i]);
            byte[] body = type == Text ? Encoding.ASCII.GetBytes(Convert.ToBase64String(message)) : message;
            await client.SendAsync($"{body.Length:x}\r\n");
            await client.SendAsync(body);
            await client.SendAsync("\r\n");
            if (i == 0) await client.ReadUntilAsync("\r\n\r\n");
            byte[] answer = [];
            while (answer.Length < body.Length) answer = [.. answer, .. (await ReadChunkAsync(client))!];
            Assert.Equal(body, answer);
        }

        await client.SendAsync("0\r\n\r\n");
        byte[] end = await ReadChunksAsync(client);
        Assert.Contains("grpc-status: 0\r\n", Encoding.ASCII.GetString(type == Text ? Unbase64(end) : end));
    }

    [Theory]
    [InlineData("AAAAAAE*")]
    [InlineData("AAAAAAEB\r\n")]
    [InlineData("AAAAAAE")]
    public async Task TextThatIsNoBase64_IsRefusedAndReachesNobody(string text)
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(KestrelUpstream.EchoAsync);
        await using ProxyUnderTest proxy = Start(KestrelUpstream.Cluster(upstream.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Head("Unary", Text, "", text.Length) + text);
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("grpc-status: 13\r\n", head);
        Assert.Contains("content-type: application/grpc-web-text+proto\r\n", head);
        Assert.Equal("", body);
        Assert.Equal("grpc_base_64_decode_failed", (await proxy.NextAsync()).Details);
    }

    [Theory]
    [InlineData(200, 2)]
    [InlineData(404, 12)]
    [InlineData(503, 14)]
    public async Task AnswerThatIsNotGrpc_GetsAGrpcStatus(int status, int grpc)
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/html";
            await context.Response.Body.WriteAsync(new byte[100_000]);
        });
        await using ProxyUnderTest proxy = Start(KestrelUpstream.Cluster(upstream.Port));
        using RawClient client = await proxy.ConnectAsync();
        byte[] message = Framed([1]);
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Head("Unary", Binary, "", message.Length));
            await client.SendAsync(message);
            (string head, string body) = await client.ReadResponseAsync();
            Assert.StartsWith($"HTTP/1.1 {status} ", head);
            Assert.Contains($"grpc-status: {grpc}\r\n", head);
            Assert.Contains($"content-type: {Binary}\r\n", head);
            Assert.Equal("", body);
        }
    }

    [Fact]
    public async Task ResponseWithoutAStatus_EndsWithUnknown()
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(Framed([1, 2]));
        });
        await using ProxyUnderTest proxy = Start(KestrelUpstream.Cluster(upstream.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Head("Unary", Binary, "", 5));
        await client.SendAsync(Framed([]));
        await client.ReadUntilAsync("\r\n\r\n");
        byte[] answer = await ReadChunksAsync(client);
        Assert.Equal(Framed([1, 2]), answer[..7]);
        Assert.StartsWith("grpc-status: 2\r\n", Encoding.ASCII.GetString(answer.AsSpan(12)));
    }

    [Fact]
    public async Task Cors_WorksBesideIt()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(1), new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            UseRemoteAddress = true,
            InlineRoutes = TestRoutes.Of(FilteredProxy.CorsRoute(
                """
                "allow_origin_string_match": [{"exact": "https://a.test"}], "allow_methods": "POST", "allow_headers": "content-type,x-grpc-web", "expose_headers": "grpc-status,grpc-message"
                """)),
            Filters = [new GrpcWebFilterModel { Name = "web" }, new CorsFilterModel { Name = "cors" }],
        });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("OPTIONS /weft.test.Echo/Unary HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-grpc-web\r\n\r\n");
        Assert.Contains("access-control-allow-headers: content-type,x-grpc-web\r\n", (await client.ReadResponseAsync()).Head);
        await client.SendAsync(Head("Unary", Binary, "Origin: https://a.test\r\n", 0));
        (string head, _) = await client.ReadResponseAsync();
        Assert.Contains("grpc-status: 14\r\n", head);
        Assert.Contains("access-control-allow-origin: https://a.test\r\n", head);
        Assert.Contains("access-control-expose-headers: grpc-status,grpc-message\r\n", head);
    }

    [Fact]
    public async Task OtherRequests_PassAsTheyAre()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-webx\r\n\r\n");
        (_, string body) = await client.ReadResponseAsync();
        Assert.Contains("Content-Type: application/grpc-webx\r\n", body);
        Assert.DoesNotContain("te: trailers", body);
    }

    [Fact]
    public async Task UpstreamOfHttp1_GetsChunksAndItsGrpcType()
    {
        TaskCompletionSource<string> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            received.SetResult(head + await upstream.ReadUntilAsync("0\r\n\r\n"));
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/grpc+json\r\nContent-Length: 6\r\n\r\n\0\0\0\0\u0001x");
        });
        await using ProxyUnderTest proxy = Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Head("Unary", "application/grpc-web+json", "", 3) + "abc");
        string request = await received.Task.WaitAsync(ProxyUnderTest.Deadline);
        Assert.Contains("content-type: application/grpc+json\r\n", request);
        Assert.Contains("transfer-encoding: chunked\r\n", request);
        Assert.DoesNotContain("ontent-Length", request);
        Assert.EndsWith("3\r\nabc\r\n0\r\n\r\n", request);
        Assert.Contains("content-type: application/grpc-web+json\r\n", await client.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal(Framed([(byte)'x']), (await ReadChunksAsync(client))[..6]);
    }

    private static ProxyUnderTest Start(ClusterModel cluster) => ProxyUnderTest.Start(cluster, new HttpConnectionManagerModel
    {
        StatPrefix = "test",
        UseRemoteAddress = true,
        InlineRoutes = TestRoutes.To("upstream"),
        Filters = [new GrpcWebFilterModel { Name = "web" }],
    });

    private static async Task<NodePeer> ClientAsync(ProxyUnderTest proxy) => (await NodePeer.StartAsync("grpc-web-peer.js", $"{proxy.Port}")).Peer;

    private static string Head(string method, string type, string more, int length) =>
        $"POST /weft.test.Echo/{method} HTTP/1.1\r\nHost: a\r\nContent-Type: {type}\r\nX-Grpc-Web: 1\r\n{more}Content-Length: {length}\r\n\r\n";

    private static byte[] Framed(byte[] message)
    {
        byte[] framed = [0, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        return framed;
    }

    /// <summary>Every message is a text of its own.</summary>
    private static byte[] Unbase64(byte[] text)
    {
        List<byte> bytes = [];
        foreach (byte[] group in text.Chunk(4)) bytes.AddRange(Convert.FromBase64String(Encoding.ASCII.GetString(group)));
        return [.. bytes];
    }

    private static async Task<byte[]?> ReadChunkAsync(RawClient client)
    {
        string size = await client.ReadUntilAsync("\r\n");
        int length = Convert.ToInt32(size.Trim(), 16);
        byte[] chunk = await client.ReadExactlyAsync(length + 2);
        return length == 0 ? null : chunk[..length];
    }

    private static async Task<byte[]> ReadChunksAsync(RawClient client)
    {
        List<byte> body = [];
        while (await ReadChunkAsync(client) is { } chunk) body.AddRange(chunk);
        return [.. body];
    }
}
