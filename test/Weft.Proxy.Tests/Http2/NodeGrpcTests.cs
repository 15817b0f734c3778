using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Peers;

namespace Weft.Proxy.Tests.Http2;

/// <summary>gRPC from Node's client (@grpc/grpc-js) to Node's server through two proxies, as in a mesh, and to .NET's server.</summary>
public sealed class NodeGrpcTests : IAsyncLifetime
{
    private const int DeadlineExceeded = 4;
    private NodePeer _server = null!;
    private NodePeer _client = null!;
    private ProxyUnderTest _inbound = null!;
    private ProxyUnderTest _outbound = null!;

    public async ValueTask InitializeAsync()
    {
        (_server, JsonElement port) = await NodePeer.StartAsync("grpc-peer.js", "server");
        _inbound = ProxyUnderTest.Start(KestrelUpstream.Cluster(port.GetProperty("port").GetInt32()));
        _outbound = ProxyUnderTest.Start(KestrelUpstream.Cluster(_inbound.Port));
        (_client, _) = await NodePeer.StartAsync("grpc-peer.js", "client", $"{_outbound.Port}");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _outbound.DisposeAsync();
        await _inbound.DisposeAsync();
        _server.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public async Task Unary_PassesMessageHeadAndTrailers(int bytes)
    {
        JsonElement answer = await _client.AskAsync(new { call = "unary", bytes });
        Assert.Equal((0, true, "yes", "yes"), (Code(answer), answer.GetProperty("same").GetBoolean(), answer.GetProperty("head").GetString(), answer.GetProperty("trailer").GetString()));
        Assert.Equal(200, (await _outbound.NextAsync()).Status);
    }

    [Fact]
    public async Task ServerStream_PassesEveryMessageInOrder()
    {
        JsonElement answer = await _client.AskAsync(new { call = "many", tens = 200 });
        Assert.Equal((0, 2_000, true), (Code(answer), answer.GetProperty("count").GetInt32(), answer.GetProperty("ordered").GetBoolean()));
    }

    [Fact]
    public async Task ClientStream_PassesEveryMessage()
    {
        JsonElement answer = await _client.AskAsync(new { call = "sum", count = 500, bytes = 1_000 });
        Assert.Equal((0, 500_000), (Code(answer), answer.GetProperty("sum").GetInt32()));
    }

    [Fact]
    public async Task Talk_IsNotHeldBackByEitherSide()
    {
        JsonElement answer = await _client.AskAsync(new { call = "talk", count = 200 });
        Assert.Equal((0, 200), (Code(answer), answer.GetProperty("count").GetInt32()));
    }

    [Fact]
    public async Task ErrorWithoutAMessage_ComesAsTrailersOnly()
    {
        JsonElement answer = await _client.AskAsync(new { call = "fail" });
        Assert.Equal((9, "not like this, é"), (Code(answer), answer.GetProperty("details").GetString()));
        Assert.Equal((200, 0L), await _outbound.NextAsync() is { } seen ? (seen.Status, seen.ResponseBytes) : default);
    }

    [Fact]
    public async Task UnknownMethod_IsUnimplemented() => Assert.Equal(12, Code(await _client.AskAsync(new { call = "nothing" })));

    [Fact]
    public async Task Deadline_ReachesTheServerAndEndsTheCallThere()
    {
        await _client.SendAsync(new { call = "deadline", ms = 1_500 });
        JsonElement hanging = await _server.NextAsync();
        Assert.Equal("hanging", hanging.GetProperty("event").GetString());
        Assert.InRange(hanging.GetProperty("left").GetDouble(), double.MinValue, 1_500);
        Assert.NotEqual(-1, hanging.GetProperty("left").GetDouble());
        Assert.Equal("cancelled", (await _server.NextAsync()).GetProperty("event").GetString());
        Assert.Equal(DeadlineExceeded, Code(await _client.NextAsync()));
    }

    [Fact]
    public async Task Cancellation_ReachesTheServer()
    {
        await _client.SendAsync(new { call = "hang" });
        Assert.Equal("hanging", (await _server.NextAsync()).GetProperty("event").GetString());
        await _client.SendAsync(new { call = "cancel" });
        Assert.Equal("cancelled", (await _server.NextAsync()).GetProperty("event").GetString());
        Assert.Equal(1, Code(await _client.NextAsync()));
        ProxyUnderTest.Seen seen = await _outbound.NextAsync();
        Assert.Equal((0, ResponseFlags.DownstreamConnectionTermination), (seen.Status, seen.Flags));
        Assert.Equal(0, Code(await _client.AskAsync(new { call = "unary", bytes = 1 })));
    }

    [Fact]
    public async Task UnreachableUpstream_IsUnavailable()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(1));
        JsonElement answer = await _client.AskAsync(new { call = "unary", bytes = 1, port = proxy.Port });
        Assert.Equal(14, Code(answer));
        Assert.Contains("upstream connect error", answer.GetProperty("details").GetString());
    }

    [Fact]
    public async Task NoRoute_IsUnimplemented()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(1), new Model.HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of("""{"match": {"prefix": "/other"}, "route": {"cluster": "upstream"}}"""),
        });
        Assert.Equal(12, Code(await _client.AskAsync(new { call = "unary", bytes = 1, port = proxy.Port })));
    }

    [Fact]
    public async Task TextOfADirectResponse_IsEscaped()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(1), new Model.HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of("""{"match": {"prefix": "/"}, "direct_response": {"status": 503, "body": {"inline_string": "é 100%\r\nlater"}}}"""),
        });
        JsonElement answer = await _client.AskAsync(new { call = "unary", bytes = 1, port = proxy.Port });
        Assert.Equal((14, "é 100%\r\nlater"), (Code(answer), answer.GetProperty("details").GetString()));
    }

    [Fact]
    public async Task NodesClient_AgreesWithDotnetsServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new EchoService());
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using WebApplication server = builder.Build();
        server.MapGrpcService<EchoService>();
        await server.StartAsync();
        int port = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(port));
        JsonElement unary = await _client.AskAsync(new { call = "unary", bytes = 70_000, port = proxy.Port });
        Assert.Equal((0, true, "yes"), (Code(unary), unary.GetProperty("same").GetBoolean(), unary.GetProperty("trailer").GetString()));
        Assert.Equal(2_000, (await _client.AskAsync(new { call = "many", tens = 200, port = proxy.Port })).GetProperty("count").GetInt32());
        Assert.Equal(50, (await _client.AskAsync(new { call = "talk", count = 50, port = proxy.Port })).GetProperty("count").GetInt32());
    }

    private static int Code(JsonElement answer) => answer.GetProperty("code").GetInt32();
}
