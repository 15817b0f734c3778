using System.Text;
using System.Text.Json.Nodes;
using Envoy.Config.Listener.V3;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using Weft.Proxy.Configuration;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;
using Weft.Wire.Http2;
using Weft.Xds;
using Weft.Xds.Protocol;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http;

/// <summary>
/// The profile EDGE, as the control plane makes it for a gateway (its golden files): every limit as the proxy understands it, and what a client
/// meets. Times are shortened, nothing else. HardeningProfileTests of Weft.Control.Tests has the same table on the other side.
/// </summary>
public sealed class EdgeProfileTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(300);
    private static readonly ListenerModel s_edge = Golden("apache-gateway/router");
    private static readonly ListenerModel s_mesh = Golden("bookinfo/reviews");

    public static TheoryData<string, object, object> Limits => new()
    {
        { nameof(HttpConnectionManagerModel.UseRemoteAddress), true, false },
        { nameof(HttpConnectionManagerModel.StreamIdleTimeout), "00:05:00", "00:00:00" },
        { nameof(HttpConnectionManagerModel.RequestTimeout), "00:05:00", "00:00:00" },
        { nameof(HttpConnectionManagerModel.RequestHeadersTimeout), "00:01:00", "00:00:00" },
        { nameof(HttpConnectionManagerModel.IdleTimeout), "01:00:00", "01:00:00" },
        { nameof(HttpConnectionManagerModel.MaxRequestHeadersBytes), 61_440, 61_440 },
        { nameof(HttpConnectionManagerModel.MaxRequestHeadersCount), 100, 100 },
        { nameof(HttpConnectionManagerModel.UnderscoreHeaders), "RejectRequest", "Allow" },
        { nameof(HttpConnectionManagerModel.NormalizePath), true, true },
        { nameof(HttpConnectionManagerModel.MergeSlashes), true, false },
        { nameof(HttpConnectionManagerModel.EscapedSlashes), "UnescapeAndRedirect", "KeepUnchanged" },
        { nameof(Http2Model.MaxConcurrentStreams), 100, 100 },
        { nameof(Http2Model.InitialStreamWindowBytes), 65_536, 262_144 },
        { nameof(Http2Model.InitialConnectionWindowBytes), 1_048_576, 1_048_576 },
        { nameof(Http2Model.HeaderTableBytes), 4_096, 4_096 },
        { nameof(Http2Model.AllowConnect), true, true },
        { nameof(ListenerModel.PerConnectionBufferLimitBytes), 32_768, 1_048_576 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limit_IsThatOfTheProfile(string limit, object edge, object mesh) =>
        Assert.Equal(($"{edge}", $"{mesh}"), (Value(s_edge, limit), Value(s_mesh, limit)));

    [Fact]
    public async Task HeadThatIsNotFinishedInTime_Is408()
    {
        await using ProxyUnderTest proxy = Start(1, headers: s_soon);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n");
        Assert.StartsWith("HTTP/1.1 408 ", (await client.ReadToEndAsync()).Text);
        Assert.Equal("request_header_timeout", (await proxy.NextAsync()).Details);
    }

    [Fact]
    public async Task RequestThatIsNotFinishedInTime_Is408()
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream => await upstream.ReadToEndAsync());
        await using ProxyUnderTest proxy = Start(server.Port, request: s_soon);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
        Assert.StartsWith("HTTP/1.1 408 ", (await client.ReadToEndAsync()).Text);
    }

    [Fact]
    public async Task RequestThatIsAnsweredAlready_MayTakeLonger()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
            await upstream.SendAsync(await upstream.ReadExactlyAsync(10));
        });
        await using ProxyUnderTest proxy = Start(server.Port, request: TimeSpan.FromSeconds(3));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\n");
        await Passes(TimeSpan.FromSeconds(4));
        await client.SendAsync("0123456789");
        Assert.Equal("0123456789", Encoding.ASCII.GetString(await client.ReadExactlyAsync(10)));
        Assert.Equal(200, (await proxy.NextAsync()).Status);
    }

    [Fact]
    public async Task CallOfGrpc_MayTalkForLongerThanARequestMayTake()
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(static async context =>
        {
            context.Response.ContentType = "application/grpc";
            byte[] buffer = new byte[100];
            int count = 0;
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and int read) count += read;
            await context.Response.WriteAsync($"{count}");
        });
        await using ProxyUnderTest proxy = Start(upstream.Port, request: s_soon, http2: true);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Post(1, "/talk", ("content-type", "application/grpc"), ("te", "trailers")), Data(1, "a", endStream: false));
        await Passes(s_soon * 3);
        await client.SendAsync(Data(1, "b", endStream: true));
        await client.ExpectStatusAsync(1, "200");
        Assert.Equal("2", Encoding.ASCII.GetString((await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EventsThatKeepComing_AreNotCut(bool http2)
    {
        // Longer in all than any of the times, with pauses shorter than the idle time.
        const int Events = 12;
        TimeSpan idle = TimeSpan.FromSeconds(2);
        using SemaphoreSlim next = new(0);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < Events; i++)
            {
                await upstream.SendAsync("9\r\ndata: x\n\n\r\n");
                await next.WaitAsync(ProxyUnderTest.Deadline);
            }

            await upstream.SendAsync("0\r\n\r\n");
        });
        await using ProxyUnderTest proxy = Start(server.Port, request: s_soon, headers: TimeSpan.FromSeconds(2), stream: idle);
        using RawHttp2Client client = await OverAsync(proxy);
        if (http2) await client.SendAsync(Http2Preface.Bytes.ToArray(), Frame(Http2FrameType.Settings, 0, 0), Get(1, "/"));
        else await client.Raw.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        for (int i = 0; i < Events; i++)
        {
            // Each event is there before the next is sent.
            if (http2) Assert.Equal("data: x\n\n", Encoding.ASCII.GetString((await client.ReadUntilAsync(Http2FrameType.Data, 1)).Payload));
            else await client.Raw.ReadUntilAsync("data: x\n\n");
            await Passes(idle / 8);
            next.Release();
        }

        Assert.Equal((200, ResponseFlags.None), await proxy.NextAsync() is { } seen ? (seen.Status, seen.Flags) : default);
    }

    [Fact]
    public async Task StreamOnWhichNothingMoves_IsEnded()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: x\n\n\r\n");
            await upstream.ReceiveAsync();
        });
        await using ProxyUnderTest proxy = Start(server.Port, stream: s_soon);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string text, _) = await client.ReadToEndAsync();
        Assert.EndsWith("data: x\n\n\r\n", text);
        Assert.Equal((200, ResponseFlags.StreamIdleTimeout), await proxy.NextAsync() is { } seen ? (seen.Status, seen.Flags) : default);
    }

    [Fact]
    public async Task ConnectionOnWhichNothingIsAsked_IsClosed()
    {
        await using ProxyUnderTest proxy = Start(1, idle: s_soon);
        using RawClient client = await proxy.ConnectAsync();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX_A: 1\r\n\r\n", "HTTP/1.1 400 ", "")]
    [InlineData("GET /a//b HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ", "GET /a/b ")]
    [InlineData("GET /a/../b?x=//y HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ", "GET /b?x=//y ")]
    [InlineData("GET /a%2Fb?x=%2F HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 307 ", "location: /a/b?x=%2F\r\n")]
    [InlineData("GET /a%5Cb HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 307 ", "location: /a/b\r\n")]
    public async Task StrangePaths_AreAsTheProfileSays(string request, string status, string expected)
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith(status, head);
        Assert.Contains(expected, head + body);
    }

    [Fact]
    public async Task HeadersOfOtherNames_AreDroppedAtTheEdge()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Envoy-Original-Path: /spoofed\r\nX-Forwarded-Proto: https\r\n\r\n");
        (_, string body) = await client.ReadResponseAsync();
        Assert.DoesNotContain("spoofed", body);
        Assert.Contains("x-forwarded-proto: http\r\n", body);
        Assert.Contains("x-forwarded-for: 127.0.0.1\r\n", body);
    }

    [Fact]
    public async Task Http2_IsAnnouncedAsTheProfileSays()
    {
        await using ProxyUnderTest proxy = Start(1);
        using RawHttp2Client client = await ConnectAsync(proxy);
        RawFrame settings = await client.ReadUntilAsync(Http2FrameType.Settings, 0);
        Dictionary<int, uint> told = [];
        for (int at = 0; at < settings.Payload.Length; at += 6) told[(settings.Payload[at] << 8) | settings.Payload[at + 1]] = (uint)settings.Word(at + 2);
        Assert.Equal((100u, 65_536u, 61_440u, 1u), (told[3], told[4], told[6], told[8]));
        Assert.Equal(1_048_576 - 65_535, (await client.ReadUntilAsync(Http2FrameType.WindowUpdate, 0)).Word(0));
    }

    [Fact]
    public async Task HundredAndFirstStream_IsRefused()
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream => await upstream.ReadToEndAsync());
        await using ProxyUnderTest proxy = Start(server.Port);
        using RawHttp2Client client = await ConnectAsync(proxy);
        for (int i = 0; i <= 100; i++) await client.SendAsync(Get((2 * i) + 1, "/"));
        await client.ExpectResetAsync(201, Http2ErrorCode.RefusedStream);
    }

    [Fact]
    public async Task BodyThatNobodyTakes_WaitsWithinTheBuffer()
    {
        // The upstream never answers its connection attempt: what the client sends waits in the proxy, up to 32 KiB and one read, and then in the socket.
        using BlackHole hole = new();
        await using ProxyUnderTest proxy = Start(hole.Port, connect: TimeSpan.FromSeconds(3));
        using RawClient client = await proxy.ConnectAsync();
        client.Socket.SendBufferSize = 16 * 1024;
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
        long sent = 0;
        client.Socket.Blocking = false;
        byte[] block = new byte[64 * 1024];
        long start = Environment.TickCount64;
        while (Environment.TickCount64 - start < 1_000)
        {
            int count = client.Socket.Send(block, System.Net.Sockets.SocketFlags.None, out System.Net.Sockets.SocketError error);
            sent += error == System.Net.Sockets.SocketError.Success ? count : 0;
            await Task.Yield();
        }

        ProxyUnderTest.Seen seen = await proxy.NextAsync();
        Assert.Equal(503, seen.Status);
        Assert.InRange(seen.RequestBytes, 32 * 1024, (32 + 128) * 1024);
        Assert.True(sent >= seen.RequestBytes);
    }

    private static Task Passes(TimeSpan time) => Task.Delay(time);

    private static ProxyUnderTest Start(
        int port, TimeSpan? headers = null, TimeSpan? request = null, TimeSpan? stream = null, TimeSpan? idle = null, TimeSpan? connect = null, bool http2 = false)
    {
        HttpConnectionManagerModel edge = Manager(s_edge);
        HttpConnectionManagerModel manager = new()
        {
            StatPrefix = "test",
            Http2 = edge.Http2,
            InlineRoutes = TestRoutes.To("upstream"),
            UseRemoteAddress = edge.UseRemoteAddress,
            StreamIdleTimeout = stream ?? edge.StreamIdleTimeout,
            RequestTimeout = request ?? edge.RequestTimeout,
            RequestHeadersTimeout = headers ?? edge.RequestHeadersTimeout,
            IdleTimeout = idle ?? edge.IdleTimeout,
            UnderscoreHeaders = edge.UnderscoreHeaders,
            NormalizePath = edge.NormalizePath,
            MergeSlashes = edge.MergeSlashes,
            EscapedSlashes = edge.EscapedSlashes,
            UpgradeTypes = edge.UpgradeTypes,
        };
        ListenerModel listener = new()
        {
            Name = "test",
            Address = ProxyUnderTest.Loopback(0),
            PerConnectionBufferLimitBytes = s_edge.PerConnectionBufferLimitBytes,
            FilterChains = [new FilterChainModel { Terminal = manager }],
        };
        return ProxyUnderTest.Start(1, listener, new ClusterModel
        {
            Name = "upstream",
            ConnectTimeout = connect ?? TimeSpan.FromSeconds(2),
            Protocol = http2 ? UpstreamProtocol.Http2 : UpstreamProtocol.Http1,
            Endpoints = ProxyUnderTest.Endpoints(port),
        });
    }

    private static HttpConnectionManagerModel Manager(ListenerModel listener) =>
        Assert.IsType<HttpConnectionManagerModel>(listener.FilterChains.First(static chain => chain.Terminal is HttpConnectionManagerModel).Terminal);

    private static string Value(ListenerModel listener, string limit)
    {
        HttpConnectionManagerModel manager = Manager(listener);
        object[] owners = [manager, manager.Http2, listener];
        object owner = owners.First(owner => owner.GetType().GetProperty(limit) is not null);
        return $"{owner.GetType().GetProperty(limit)!.GetValue(owner)}";
    }

    /// <summary>The first listener with HTTP of a golden file of the control plane.</summary>
    private static ListenerModel Golden(string name)
    {
        string file = Path.Combine(Configuration.ControlPlaneOutputTests.Golden, name + ".golden.json");
        ConfigurationStore store = new(TimeProvider.System);
        JsonNode dump = JsonNode.Parse(File.ReadAllText(file))!;
        Assert.Empty(Apply<Envoy.Config.Route.V3.RouteConfiguration>(store, dump["routes"], XdsTypeUrls.Route, static route => route.Name));
        Assert.Empty(Apply<Listener>(store, dump["listeners"], XdsTypeUrls.Listener, static listener => listener.Name));
        return store.Snapshot().Listeners.First(static listener => listener.FilterChains.Any(static chain => chain.Terminal is HttpConnectionManagerModel));
    }

    private static IReadOnlyList<ResourceRefusal> Apply<T>(ConfigurationStore store, JsonNode? items, string type, Func<T, string> nameOf)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        List<T> messages = [.. items!.AsArray().Select(static item => ProtoJson.Parse<T>(item!.ToJsonString()))];
        return store.Apply(new AdsUpdate(type, "1", [.. messages.Select(message => new ReceivedResource(nameOf(message), "1", Any.Pack(message)))], []));
    }
}
