using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class UpstreamFaultTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    public async Task BrokenResponse_Is502AndTheConnectionIsNotReused(string response)
    {
        using ScriptedServer server = ScriptedServer.Answering(response);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 1; i <= 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 502 ", (await client.ReadResponseAsync()).Head);
            Assert.Equal(ResponseFlags.UpstreamProtocolError, (await proxy.NextAsync()).Flags);
            Assert.Equal(i, server.Connections);
        }
    }

    [Fact]
    public async Task ThousandInterimHeads_AreAProtocolError()
    {
        using ScriptedServer server = ScriptedServer.Answering(string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000)));
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        string text = await client.ReadUntilAsync("HTTP/1.1 502 ");
        Assert.Contains("103 Early Hints", text);
        Assert.Equal(ResponseFlags.UpstreamProtocolError, (await proxy.NextAsync()).Flags);
    }

    [Fact]
    public async Task SecondResponseNobodyAskedFor_ClosesTheConnection()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 1; i <= 3; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("a", (await client.ReadResponseAsync()).Body);
        }

        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task EndBeforeResponse_Is503Termination()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream => await upstream.ReadUntilAsync("\r\n\r\n"));
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: connection termination", body);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal(
            (503, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_before_response_started{connection_termination}"),
            (record.Status, record.Flags, record.Details));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n")]
    public async Task EndInTheMiddleOfABody_IsNeverACleanEnd(string response)
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync(response);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string text, bool reset) = await client.ReadToEndAsync();
        Assert.DoesNotContain("\r\n0\r\n", text);
        Assert.True(reset || !text.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.UpstreamConnectionTermination), (record.Status, record.Flags));
    }

    [Fact]
    public async Task RefusedConnection_Is503ConnectionFailure()
    {
        int port;
        using (ScriptedServer server = ScriptedServer.Echoing()) port = server.Port;
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure reason: delayed connect error: 111", body);
        Assert.Equal(ResponseFlags.UpstreamConnectionFailure, (await proxy.NextAsync()).Flags);
    }

    [Fact]
    public async Task ClusterWithoutEndpoints_Is503NoHealthyUpstream()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster());
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Equal("no healthy upstream", body);
        Assert.Equal(ResponseFlags.NoHealthyUpstream, (await proxy.NextAsync()).Flags);
    }

    [Fact]
    public async Task GrpcRequest_GetsAGrpcStatusInsteadOfABody()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster());
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST /s/m HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n");
        (string head, _) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("grpc-status: 14\r\ngrpc-message: no healthy upstream\r\n", head);
    }

    [Fact]
    public async Task OpenCircuitBreaker_Is503Overflow()
    {
        var asked = new TaskCompletionSource();
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            asked.SetResult();
            await upstream.ReceiveAsync();
        });
        var cluster = new ClusterModel
        {
            Name = "upstream",
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            CircuitBreakers = new CircuitBreakerModel { MaxRequests = 1 },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using RawClient first = await proxy.ConnectAsync();
        await first.SendAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
        await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        using RawClient second = await proxy.ConnectAsync();
        await second.SendAsync("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await second.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Contains("x-envoy-overloaded: true\r\n", head);
        Assert.EndsWith("reset reason: overflow", body);
        Assert.Equal(ResponseFlags.UpstreamOverflow, (await proxy.NextAsync()).Flags);
    }
}
