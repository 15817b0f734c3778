using System.Net;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http;
using static Weft.Proxy.Tests.Http2.Http2Script;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Upstreams of HTTP/2 that break its rules, stretch them, or end in the middle.</summary>
public class EvilUpstreamTests
{
    private const byte EndStream = 1, EndHeaders = 4;

    /// <summary>What the upstream sends instead of a response on stream 1, and whether the whole connection ends for it.</summary>
    public static TheoryData<string, bool> Breaches => new()
    {
        { nameof(Http2Breaches.DataBeforeHead), false },
        { nameof(Http2Breaches.DataOnIdleStream), true },
        { nameof(Http2Breaches.HeadersOnIdleStream), true },
        { nameof(Http2Breaches.HeadersOnEvenStream), true },
        { nameof(Http2Breaches.HeadersOnStreamZero), true },
        { nameof(Http2Breaches.NoStatus), false },
        { nameof(Http2Breaches.TwoStatuses), false },
        { nameof(Http2Breaches.StatusOutOfRange), false },
        { nameof(Http2Breaches.Status101), false },
        { nameof(Http2Breaches.UppercaseName), false },
        { nameof(Http2Breaches.ConnectionField), false },
        { nameof(Http2Breaches.RequestPseudoField), false },
        { nameof(Http2Breaches.LineBreakInValue), false },
        { nameof(Http2Breaches.InterimThatEnds), false },
        { nameof(Http2Breaches.ManyInterims), false },
        { nameof(Http2Breaches.ContentLengthTwice), false },
        { nameof(Http2Breaches.MoreThanContentLength), false },
        { nameof(Http2Breaches.LessThanContentLength), false },
        { nameof(Http2Breaches.BadCompression), true },
        { nameof(Http2Breaches.PushPromised), true },
        { nameof(Http2Breaches.FrameTooLong), true },
        { nameof(Http2Breaches.ContinuationOfNothing), true },
        { nameof(Http2Breaches.DataInsideBlock), true },
        { nameof(Http2Breaches.EndlessContinuations), true },
        { nameof(Http2Breaches.ZeroWindowUpdate), false },
        { nameof(Http2Breaches.WindowOverflow), false },
        { nameof(Http2Breaches.ConnectionWindowOverflow), true },
        { nameof(Http2Breaches.BadSettingsLength), true },
        { nameof(Http2Breaches.BadInitialWindow), true },
        { nameof(Http2Breaches.ServerEnablesPush), true },
        { nameof(Http2Breaches.BadPingLength), true },
        { nameof(Http2Breaches.ResetOfIdleStream), true },
        { nameof(Http2Breaches.PaddingLongerThanFrame), true },
        { nameof(Http2Breaches.Http1Answer), true },
    };

    [Theory]
    [MemberData(nameof(Breaches))]
    public async Task Breach_EndsWhatItMust_AndTheNextRequestIsServed(string breach, bool endsConnection)
    {
        byte[] frames = (byte[])typeof(Http2Breaches).GetProperty(breach)!.GetValue(null)!;
        bool first = true;
        using ScriptedServer server = Start(async (connection, number) =>
        {
            while (true)
            {
                if (!first || number > 1)
                {
                    await connection.AnswerAsync();
                    continue;
                }

                first = false;
                await connection.ReadAsync(Headers);
                await connection.SendRawAsync(frames);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        HttpStatusCode? status = null;
        try
        {
            using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
            status = response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // The response had begun, so that the client's stream had to be broken.
        }

        Assert.True(status is null or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable, $"{status}");
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.NotEqual(ResponseFlags.None, record.Flags);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        Assert.Equal(endsConnection ? 2 : 1, server.Connections);
        if (endsConnection) Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_cx_protocol_error"));
    }

    [Fact]
    public async Task GoawayBelowTheStream_IsAskedAgainElsewhereWithoutCountingAsFailure()
    {
        using ScriptedServer server = Start(async (connection, number) =>
        {
            if (number > 1)
            {
                while (true) await connection.AnswerAsync();
            }

            await connection.ReadAsync(Headers);
            await connection.SendAsync(GoAway, 0, 0, [.. Number(0), .. Number(0)]);
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        using HttpResponseMessage response = await client.PostAsync($"http://127.0.0.1:{proxy.Port}/", new ByteArrayContent([]));
        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal(0, await proxy.StatAsync("cluster.upstream.upstream_rq_retry"));
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_cx_close_notify"));
    }

    [Fact]
    public async Task EndpointThatGoesAwayAlways_IsGivenUp()
    {
        using ScriptedServer server = Start(async (connection, _) =>
        {
            await connection.ReadAsync(Headers);
            await connection.SendAsync(GoAway, 0, 0, [.. Number(0), .. Number(0)]);
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(1);
        using HttpResponseMessage response = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("upstream_reset_before_response_started{remote_refused_stream_reset}", (await proxy.NextAsync()).Details);
        Assert.Equal(4, server.Connections);
    }

    [Fact]
    public async Task StreamsBelowGoaway_AreServedOnTheOldConnection()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = Start(async (connection, number) =>
        {
            if (number > 1)
            {
                await connection.AnswerAsync("new");
                second.SetResult();
                await connection.DrainAsync();
                return;
            }

            Frame request = await connection.ReadAsync(Headers);
            await connection.SendAsync(GoAway, 0, 0, [.. Number((uint)request.Stream), .. Number(0)]);
            first.SetResult();
            await second.Task;
            await connection.SendAsync(Headers, EndHeaders, request.Stream, 0x88);
            await connection.SendAsync(Data, EndStream, request.Stream, "old"u8.ToArray());
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        Task<string> old = client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/");
        await first.Task.WaitAsync(ProxyUnderTest.Deadline);
        await proxy.UntilStatAsync("cluster.upstream.upstream_cx_close_notify", value => value == 1);
        Assert.Equal("new", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        Assert.Equal("old", await old);
        await proxy.UntilStatAsync("cluster.upstream.upstream_cx_active", value => value == 1);
    }

    [Fact]
    public async Task LoweredMaximumOfStreams_IsHeld()
    {
        int open = 0, most = 0;
        using ScriptedServer server = Start(async (connection, _) =>
        {
            await connection.AnswerAsync();
            await connection.SendAsync(Settings, 0, 0, Setting(3, 2));
            for (int i = 0; i < 10; i++)
            {
                // The answers come when no more requests may: two at once.
                Frame one = await connection.ReadAsync(Headers);
                Frame other = await connection.ReadAsync(Headers);
                open += 2;
                most = Math.Max(most, open);
                foreach (Frame request in (Frame[])[one, other])
                {
                    await connection.SendAsync(Headers, EndHeaders, request.Stream, 0x88);
                    open--;
                    await connection.SendAsync(Data, EndStream, request.Stream, "hello"u8.ToArray());
                }
            }

            await connection.DrainAsync();
        });
        ClusterModel cluster = new()
        {
            Name = "upstream",
            Protocol = UpstreamProtocol.Http2,
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            CircuitBreakers = new CircuitBreakerModel { MaxConnections = 1 },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = Http2Peers.Client(2);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/")));
        Assert.All(answers, answer => Assert.Equal("hello", answer));
        Assert.Equal((1, 2), (server.Connections, most));
    }

    [Fact]
    public async Task PingWithoutAnswer_EndsTheConnection()
    {
        using ScriptedServer server = Start((connection, _) => connection.DrainAsync());
        ClusterModel cluster = new()
        {
            Name = "upstream",
            Protocol = UpstreamProtocol.Http2,
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            Http2 = Http2Model.Upstream with { KeepaliveInterval = TimeSpan.FromMilliseconds(50), KeepaliveTimeout = TimeSpan.FromMilliseconds(100) },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = Http2Peers.Client(2);
        using HttpResponseMessage response = await client.PostAsync($"http://127.0.0.1:{proxy.Port}/", new StringContent("a"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("upstream_reset_before_response_started{connection_termination}", (await proxy.NextAsync()).Details);
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.http2.keepalive_timeout"));
    }

    [Fact]
    public async Task AnsweredPings_KeepTheConnection()
    {
        int pings = 0;
        using ScriptedServer server = Start(async (connection, _) =>
        {
            Frame request = await connection.ReadAsync(Headers);
            while (pings < 3)
            {
                Frame ping = await connection.ReadAsync(Ping);
                if (ping.Flags == 0) await connection.SendAsync(Ping, 1, 0, ping.Payload);
                pings++;
            }

            await connection.SendAsync(Headers, EndHeaders, request.Stream, 0x88);
            await connection.SendAsync(Data, EndStream, request.Stream, "hello"u8.ToArray());
            await connection.DrainAsync();
        });
        ClusterModel cluster = new()
        {
            Name = "upstream",
            Protocol = UpstreamProtocol.Http2,
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            Http2 = Http2Model.Upstream with { KeepaliveInterval = TimeSpan.FromMilliseconds(20), KeepaliveTimeout = TimeSpan.FromSeconds(15) },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = Http2Peers.Client(2);
        Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{proxy.Port}/"));
        Assert.Equal(3, pings);
    }

    [Fact]
    public async Task InterimHeads_PassBeforeTheFinalOne()
    {
        using ScriptedServer server = Start(async (connection, _) =>
        {
            Frame request = await connection.ReadAsync(Headers);
            await connection.SendAsync(Headers, EndHeaders, request.Stream, Field(":status", "100"));
            await connection.SendAsync(Headers, EndHeaders, request.Stream, [.. Field(":status", "103"), .. Field("link", "</a.css>; rel=preload")]);
            await connection.SendAsync(Headers, EndHeaders, request.Stream, 0x88);
            await connection.SendAsync(Data, EndStream, request.Stream, "hello"u8.ToArray());
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        (string text, _) = await client.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n", text);
    }

    [Fact]
    public async Task StalledWindow_HoldsOneStreamAndNotTheOthers()
    {
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = Start(
            async (connection, _) =>
            {
                // The window of each stream is ten bytes and is opened for the second request only.
                Frame first = default, second = default;
                for (bool acknowledged = false; !acknowledged || first.Stream == 0;)
                {
                    Frame frame = await connection.ReadAsync();
                    if (frame.Type == Headers) first = frame;
                    acknowledged |= frame is { Type: Settings, Flags: 1 };
                }

                settled.SetResult();
                for (int begun = 0; begun < 2;)
                {
                    Frame frame = await connection.ReadAsync();
                    if (frame.Type == Headers) second = frame;
                    if (frame.Type != Data) continue;
                    Assert.Equal(10, frame.Payload.Length);
                    begun++;
                }

                await connection.SendAsync(WindowUpdate, 0, second.Stream, Number(90));
                Frame rest = await connection.ReadAsync(Data);
                Assert.Equal((second.Stream, 90), (rest.Stream, rest.Payload.Length));
                await connection.SendAsync(Headers, EndHeaders | EndStream, second.Stream, 0x88);
                await connection.SendAsync(WindowUpdate, 0, first.Stream, Number(90));
                Assert.Equal(first.Stream, (await connection.ReadAsync(Data)).Stream);
                await connection.SendAsync(Headers, EndHeaders | EndStream, first.Stream, 0x88);
                await connection.DrainAsync();
            },
            Setting(4, 10));
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        const string Head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n";
        using RawClient one = await proxy.ConnectAsync();
        await one.SendAsync(Head);
        await settled.Task.WaitAsync(ProxyUnderTest.Deadline);
        await one.SendAsync(new byte[100]);
        using RawClient other = await proxy.ConnectAsync();
        await other.SendAsync(Head);
        await other.SendAsync(new byte[100]);
        Assert.StartsWith("HTTP/1.1 200 ", await other.ReadUntilAsync("\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200 ", await one.ReadUntilAsync("\r\n\r\n"));
    }

    [Fact]
    public async Task ConnectionThatDies_EndsAllItsStreams()
    {
        using ScriptedServer server = Start(async (connection, _) =>
        {
            for (int i = 0; i < 5; i++) await connection.ReadAsync(Headers);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        using HttpClient client = Http2Peers.Client(2);
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.PostAsync($"http://127.0.0.1:{proxy.Port}/", new StringContent("a"))));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode));
        Assert.Equal(ResponseFlags.UpstreamConnectionTermination, (await proxy.NextAsync()).Flags);
        Assert.Equal(0, await proxy.StatAsync("cluster.upstream.upstream_cx_active"));
    }
}
