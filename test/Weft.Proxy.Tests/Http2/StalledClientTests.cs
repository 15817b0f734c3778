using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Wire.Http2;
using static Weft.Proxy.Tests.Http2.RawHttp2Client;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Clients that begin and do not go on, or ask and do not read: what they hold is bounded, and taken back in time.</summary>
public class StalledClientTests
{
    private const int Megabytes = 64;
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(200);

    private static readonly Dictionary<string, byte[]> s_unfinished = new()
    {
        ["settings"] = Http2Preface.Bytes.ToArray(),
        ["half of the settings"] = [.. Http2Preface.Bytes, .. Frame(Http2FrameType.Settings, 0, 0, Setting(4, 1)).AsSpan(0, 12)],
        ["half of a frame's header"] = [.. Http2Preface.Bytes, .. Frame(Http2FrameType.Settings, 0, 0), 0, 0],
        ["half of a head"] = [.. Http2Preface.Bytes, .. Frame(Http2FrameType.Settings, 0, 0), .. Get(1, "/").AsSpan(0, 20)],
        ["a header block"] = [.. Http2Preface.Bytes, .. Frame(Http2FrameType.Settings, 0, 0), .. Frame(Http2FrameType.Headers, 1, 1, 0), .. Frame(Http2FrameType.Continuation, 0, 1, 1)],
    };

    public static TheoryData<string> Unfinished => new(s_unfinished.Keys);

    [Theory]
    [MemberData(nameof(Unfinished))]
    public async Task WhatIsNotFinishedInTime_EndsTheConnection(string name)
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port), Manager(headers: s_soon));
        using RawHttp2Client client = await OverAsync(proxy);
        await client.SendAsync(s_unfinished[name]);
        RawFrame frame = await client.ReadUntilAsync(Http2FrameType.GoAway, 0);
        Assert.Equal("request_header_timeout", Encoding.ASCII.GetString(frame.Payload.AsSpan(8)));
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task HalfAPreface_IsAnsweredInTime()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port), Manager(headers: s_soon));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("PRI * HTTP/2.0\r\n");
        Assert.StartsWith("HTTP/1.1 408 ", (await client.ReadToEndAsync()).Text);
    }

    /// <summary>Each read ends in the middle of a frame, and none takes long: the time is counted for each anew.</summary>
    [Fact]
    public async Task FramesCutInTheMiddle_AreNotSlow()
    {
        using TalkativeUpstream upstream = new();
        TimeSpan limit = TimeSpan.FromSeconds(2);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port), Manager(headers: limit));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(WindowUpdate(0, 1 << 30), Get(1, "/")[..10]);
        long start = Environment.TickCount64;
        for (int id = 1; Environment.TickCount64 - start < 1.5 * limit.TotalMilliseconds; id += 2)
        {
            // A fast machine gets so far that the connection's window must be opened again for the five bytes of each answer.
            await client.SendAsync(Get(id, "/")[10..], WindowUpdate(0, 5), Get(id + 2, "/")[..10]);
            await client.ExpectStatusAsync(id, "200");
        }
    }

    [Fact]
    public async Task IdleConnection_IsEndedWithGoAway()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port), Manager(idle: s_soon));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.ServeAsync(1);
        await client.ExpectGoAwayAsync(Http2ErrorCode.NoError);
    }

    [Fact]
    public async Task UnfinishedBody_EndsItsStreamOnly()
    {
        using TalkativeUpstream upstream = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(upstream.Port), Manager(stream: s_soon));
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.SendAsync(Post(1, "/hang"), Data(1, "a", endStream: false));
        await client.ExpectStatusAsync(1, "408");
        await client.ServeAsync(3);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData((uint)int.MaxValue)]
    public async Task ClientThatNeverReads_HoldsTheUpstreamsBack(uint window)
    {
        const int Streams = 20;
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
        using RawHttp2Client client = await ConnectAsync(proxy, Setting(4, window));
        await client.SendAsync(WindowUpdate(0, int.MaxValue - 65_535));
        for (int i = 0; i < Streams; i++) await client.SendAsync(Get((2 * i) + 1, "/"));
        long before = -1;
        while (before != Interlocked.Read(ref sent) || server.Connections < Streams)
        {
            before = Interlocked.Read(ref sent);
            Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        }

        // All of it is in socket buffers; of what the upstreams have, most was not taken.
        Assert.InRange(before, 0, (long)Streams * (Megabytes << 20) / 2);
        using RawHttp2Client bystander = await ConnectAsync(proxy);
        await bystander.SendAsync(Get(1, "/"));
        await bystander.ExpectStatusAsync(1, "200");
    }

    /// <summary>The response is complete and waits for a window that never opens: neither its stream nor the connection that is to go may stay for ever.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResponseThatNobodyTakes_IsDropped(bool drains)
    {
        using TalkativeUpstream upstream = new();
        ClusterModel cluster = ProxyUnderTest.Cluster(upstream.Port);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster, Manager(stream: s_soon));
        using RawHttp2Client client = await ConnectAsync(proxy, Setting(4, 0));
        await client.SendAsync(Get(1, "/"));
        await client.ExpectStatusAsync(1, "200");
        int port = proxy.Port;
        if (drains)
        {
            ListenerModel changed = ProxyUnderTest.Listener(new HttpConnectionManagerModel { StatPrefix = "changed", InlineRoutes = TestRoutes.To("upstream") });
            proxy.Publish(new ListenerModel { Name = changed.Name, Address = ProxyUnderTest.Loopback(port), FilterChains = changed.FilterChains }, cluster);
        }

        await client.ExpectResetAsync(1, Http2ErrorCode.Cancel);
        if (!drains) return;
        while (await client.ReadAsync() is { } frame) Assert.True(frame.Type is Http2FrameType.GoAway or Http2FrameType.Ping, frame.ToString());
    }

    /// <summary>The client says goodbye while the proxy, too, has announced the end: nothing is left to wait for.</summary>
    [Fact]
    public async Task GoodbyeFromBothSides_EndsTheConnection()
    {
        using TalkativeUpstream upstream = new();
        ClusterModel cluster = ProxyUnderTest.Cluster(upstream.Port);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using RawHttp2Client client = await ConnectAsync(proxy);
        await client.ServeAsync(1);
        int port = proxy.Port;
        ListenerModel changed = ProxyUnderTest.Listener(new HttpConnectionManagerModel { StatPrefix = "changed", InlineRoutes = TestRoutes.To("upstream") });
        proxy.Publish(new ListenerModel { Name = changed.Name, Address = ProxyUnderTest.Loopback(port), FilterChains = changed.FilterChains }, cluster);
        await client.ReadUntilAsync(Http2FrameType.GoAway, 0);
        await client.SendAsync(Frame(Http2FrameType.GoAway, 0, 0, new byte[8]));
        while (await client.ReadAsync() is { } frame) Assert.True(frame.Type is Http2FrameType.GoAway or Http2FrameType.Ping, frame.ToString());
    }

    private static HttpConnectionManagerModel Manager(TimeSpan? headers = null, TimeSpan? idle = null, TimeSpan? stream = null) => new()
    {
        StatPrefix = "test",
        UseRemoteAddress = true,
        InlineRoutes = TestRoutes.To("upstream"),
        RequestHeadersTimeout = headers ?? TimeSpan.Zero,
        IdleTimeout = idle ?? TimeSpan.FromHours(1),
        StreamIdleTimeout = stream ?? TimeSpan.FromMinutes(5),
    };
}
