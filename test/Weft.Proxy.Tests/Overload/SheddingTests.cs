using Weft.Proxy.Model;
using Weft.Proxy.Overload;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;

namespace Weft.Proxy.Tests.Overload;

/// <summary>What clients see of each overload action, and that it is over when it is over.</summary>
public sealed class SheddingTests : IDisposable
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private readonly ScriptedServer _server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    private readonly OverloadState _state = new(maxConnections: 3);

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task StopAcceptingRequests_Answers503AndRecovers()
    {
        await using ProxyUnderTest proxy = Start();
        using RawClient client = await proxy.ConnectAsync();
        _state.Set(OverloadAction.StopAcceptingRequests, OverloadState.Saturated);
        await client.SendAsync(Request);
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Contains("x-envoy-local-overloaded: true\r\n", head);
        Assert.Equal("envoy overloaded", body);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((503, ResponseFlags.OverloadManager, "overload", 0), (record.Status, record.Flags, record.Details, record.Attempts));
        Assert.Equal(1, Stat(proxy, "http.test.downstream_rq_overload_close"));

        // gRPC clients are told in their own words.
        await client.SendAsync("POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n");
        Assert.Contains("grpc-status: 14\r\n", (await client.ReadResponseAsync()).Head);
        _state.Set(OverloadAction.StopAcceptingRequests, 0);
        await client.SendAsync(Request);
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        Assert.Equal(1, _server.Requests);
    }

    [Fact]
    public async Task DisableHttpKeepalive_EndsConnectionsOfBothVersionsWithTheirNextResponse()
    {
        await using ProxyUnderTest proxy = Start();
        using RawClient client = await proxy.ConnectAsync();
        using RawHttp2Client http2 = await RawHttp2Client.ConnectAsync(proxy);
        await http2.ServeAsync(1);
        _state.Set(OverloadAction.DisableHttpKeepalive, OverloadState.Saturated);
        await client.SendAsync(Request);
        Assert.Contains("connection: close\r\n", (await client.ReadResponseAsync()).Head);
        await http2.SendAsync(RawHttp2Client.Get(3, "/"));
        await http2.ReadUntilAsync(Http2FrameType.GoAway, 0);
        Assert.Equal(2, Stat(proxy, "http.test.downstream_cx_overload_disable_keepalive"));
        _state.Set(OverloadAction.DisableHttpKeepalive, 0);
        using RawClient next = await proxy.ConnectAsync();
        await next.SendAsync(Request);
        Assert.DoesNotContain("connection: close", (await next.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task StopAcceptingConnections_LetsThemWaitAndServesThoseThatAreThere()
    {
        await using ProxyUnderTest proxy = Start();
        using RawClient there = await proxy.ConnectAsync();
        await there.SendAsync(Request);
        await there.ReadResponseAsync();
        _state.Set(OverloadAction.StopAcceptingConnections, OverloadState.Saturated);
        using RawClient waiting = await proxy.ConnectAsync();
        await waiting.SendAsync(Request);
        await there.SendAsync(Request);
        Assert.Equal("ok", (await there.ReadResponseAsync()).Body);
        Assert.Equal(1, proxy.Engine.DownstreamConnections);
        _state.Set(OverloadAction.StopAcceptingConnections, 0);
        Assert.Equal("ok", (await waiting.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task RejectIncomingConnections_ClosesThemAtOnceAndCounts()
    {
        await using ProxyUnderTest proxy = Start();
        _state.Set(OverloadAction.RejectIncomingConnections, OverloadState.Saturated);
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        Assert.Equal(1, Stat(proxy, "listener.test.downstream_cx_overload_reject"));
        _state.Set(OverloadAction.RejectIncomingConnections, 0);
        using RawClient next = await proxy.ConnectAsync();
        await next.SendAsync(Request);
        Assert.Equal("ok", (await next.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task ConnectionsOverTheGlobalLimit_AreClosedAndCountedAndTheirPlaceComesBack()
    {
        await using ProxyUnderTest proxy = Start();
        List<RawClient> inside = [];
        for (int i = 0; i < 3; i++)
        {
            RawClient client = await proxy.ConnectAsync();
            await client.SendAsync(Request);
            await client.ReadResponseAsync();
            inside.Add(client);
        }

        using (RawClient fourth = await proxy.ConnectAsync()) Assert.Equal("", (await fourth.ReadToEndAsync()).Text);
        Assert.Equal(1, Stat(proxy, "listener.test.downstream_global_cx_overflow"));
        Assert.Equal(3, _state.Connections);
        foreach (RawClient client in inside) client.Dispose();
        using CancellationTokenSource limit = new(ProxyUnderTest.Deadline);
        while (_state.Connections > 0) await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
        using RawClient next = await proxy.ConnectAsync();
        await next.SendAsync(Request);
        Assert.Equal("ok", (await next.ReadResponseAsync()).Body);
    }

    private ProxyUnderTest Start() => ProxyUnderTest.Start(
        1,
        ProxyUnderTest.Listener(new HttpConnectionManagerModel { StatPrefix = "test", InlineRoutes = TestRoutes.To("upstream"), AppendLocalOverload = true }),
        _state,
        ProxyUnderTest.Cluster(_server.Port));

    private static long Stat(ProxyUnderTest proxy, string name) => new Dictionary<string, long>(StatsPage.Read(proxy.Engine.Options.Telemetry, null, usedOnly: false))[name];
}
