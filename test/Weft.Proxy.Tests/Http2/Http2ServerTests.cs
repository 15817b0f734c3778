using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Weft.Proxy.Tests.Engine;
using Weft.Wire.WebSockets;

namespace Weft.Proxy.Tests.Http2;

/// <summary>HTTP/2 from clients, HTTP/1.1 towards upstreams; the client is .NET's.</summary>
public class Http2ServerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    [Fact]
    public async Task Get_ReachesUpstreamAndBack()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using HttpClient client = Client();
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{proxy.Port}/a?b=c") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("x-custom", "yes");
        using HttpResponseMessage response = await client.SendAsync(request);
        string seen = await response.Content.ReadAsStringAsync();
        Assert.Equal((HttpVersion.Version20, HttpStatusCode.OK), (response.Version, response.StatusCode));
        Assert.StartsWith($"GET /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:{proxy.Port}\r\n", seen);
        Assert.Contains("x-custom: yes\r\n", seen);
        Assert.Contains("x-forwarded-for: 127.0.0.1\r\n", seen);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, "via_upstream", "/a?b=c"), (record.Status, record.Details, record.Path));
    }

    [Fact]
    public async Task ManyAtOnce_ShareOneConnection()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using HttpClient client = Client();
        for (int round = 0; round < 20; round++)
        {
            string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/")));
            Assert.All(answers, answer => Assert.Equal("hello", answer));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16_384)]
    [InlineData(65_536)]
    [InlineData(5_000_000)]
    public async Task Bodies_PassBothWaysWhole(int bytes)
    {
        byte[] body = RandomNumberGenerator.GetBytes(bytes);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            byte[] received = await upstream.ReadExactlyAsync(bytes);
            await upstream.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n");
            await upstream.SendAsync(received);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.PostAsync($"http://127.0.0.1:{proxy.Port}/", new ByteArrayContent(body));
        byte[] echoed = await response.Content.ReadAsByteArrayAsync();
        Assert.True(body.AsSpan().SequenceEqual(echoed), $"{echoed.Length} bytes came back");
    }

    [Fact]
    public async Task UnreachableUpstream_IsA503()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(1));
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("upstream connect error", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task ChunkedUpload_IsChunkedUpstream()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            string body = await upstream.ReadUntilAsync("0\r\n\r\n");
            string seen = head + body;
            await upstream.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {seen.Length}\r\n\r\n{seen}");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.PostAsync($"http://127.0.0.1:{proxy.Port}/", new StreamContent(new UnsizedStream("hello"u8.ToArray())));
        string text = await response.Content.ReadAsStringAsync();
        Assert.Contains("transfer-encoding: chunked\r\n", text);
        Assert.EndsWith("5\r\nhello\r\n0\r\n\r\n", text);
    }

    [Fact]
    public async Task ChunkedResponse_EndsWithItsTrailers()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("x-sum")));
    }

    [Fact]
    public async Task SlowReader_HoldsTheUpstreamBack()
    {
        const int Megabytes = 64;
        long sent = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Megabytes << 20}\r\n\r\n");
            byte[] block = new byte[1 << 20];
            for (int i = 0; i < Megabytes; i++)
            {
                await upstream.SendAsync(block);
                Interlocked.Add(ref sent, block.Length);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/", HttpCompletionOption.ResponseHeadersRead);
        using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] room = new byte[1 << 16];
        int first = await body.ReadAsync(room);
        // What the upstream could send is in windows and socket buffers now; it cannot be everything.
        long before = -1;
        while (before != Interlocked.Read(ref sent))
        {
            before = Interlocked.Read(ref sent);
            Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        }

        Assert.InRange(before, 0, (Megabytes << 20) / 2);
        long total = first;
        for (int count; (count = await body.ReadAsync(room)) > 0;) total += count;
        Assert.Equal(Megabytes << 20, total);
    }

    [Fact]
    public async Task WebSocket_PassesThroughExtendedConnect()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            Assert.StartsWith("GET /ws HTTP/1.1\r\n", head);
            string key = Regex.Match(head, "sec-websocket-key: ([A-Za-z0-9+/=]{24})\r\n").Groups[1].Value;
            byte[] accept = new byte[28];
            WebSocketHandshake.WriteAccept(Encoding.ASCII.GetBytes(key), accept);
            await upstream.SendAsync($"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {Encoding.ASCII.GetString(accept)}\r\n\r\n");
            using WebSocket socket = WebSocket.CreateFromStream(new NetworkStream(upstream.Socket), new WebSocketCreationOptions { IsServer = true });
            byte[] room = new byte[1024];
            for (WebSocketReceiveResult message; (message = await socket.ReceiveAsync(room, default)).MessageType == WebSocketMessageType.Text;)
                await socket.SendAsync(room.AsMemory(0, message.Count), WebSocketMessageType.Text, endOfMessage: true, default);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using ClientWebSocket socket = new();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler { UseProxy = false });
        using CancellationTokenSource deadline = new(ProxyUnderTest.Deadline);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{proxy.Port}/ws"), invoker, deadline.Token);
        byte[] room = new byte[1024];
        for (int i = 0; i < 100; i++)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes($"message {i}"), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
            WebSocketReceiveResult message = await socket.ReceiveAsync(room, deadline.Token);
            Assert.Equal($"message {i}", Encoding.ASCII.GetString(room, 0, message.Count));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", deadline.Token);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Fact]
    public async Task CancelledRequest_IsCancelledUpstream()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            asked.SetResult();
            await upstream.ReadToEndAsync();
            gone.SetResult();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using HttpClient client = Client();
        using CancellationTokenSource cancel = new();
        Task<string> request = client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/", cancel.Token);
        await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await gone.Task.WaitAsync(ProxyUnderTest.Deadline);
        Assert.Equal("downstream_remote_disconnect", (await proxy.NextAsync()).Details);
    }

    private static HttpClient Client() => new(new SocketsHttpHandler { UseProxy = false }) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, Timeout = ProxyUnderTest.Deadline };
}
