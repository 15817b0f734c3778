using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http2;

namespace Weft.Proxy.Tests.Http;

/// <summary>Who ended a connection to an upstream, why it was not kept, and what outlier detection did: each under Envoy's name.</summary>
public sealed class UpstreamStatisticsTests
{
    private const string Prefix = "cluster.upstream.";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task ConnectionThatTheUpstreamEndsIdle_IsDestroyedByIt()
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync(Ok);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        await AskAsync(proxy);
        await proxy.UntilStatAsync(Prefix + "upstream_cx_destroy", static count => count == 1);
        await AssertDestroyedAsync(proxy, remote: 1, local: 0, busyRemote: 0, busyLocal: 0);
    }

    [Fact]
    public async Task ConnectionThatTheUpstreamEndsInAResponse_IsDestroyedByItWithARequest()
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        await AskAsync(proxy);
        await proxy.UntilStatAsync(Prefix + "upstream_cx_destroy", static count => count == 1);
        await AssertDestroyedAsync(proxy, remote: 1, local: 0, busyRemote: 1, busyLocal: 0);
    }

    [Fact]
    public async Task ConnectionThatIsIdleTooLong_IsDestroyedByUs()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(server.Port, idle: TimeSpan.FromMilliseconds(100)));
        await AskAsync(proxy);
        await proxy.UntilStatAsync(Prefix + "upstream_cx_destroy", static count => count == 1);
        await AssertDestroyedAsync(proxy, remote: 0, local: 1, busyRemote: 0, busyLocal: 0);
        Assert.Equal(1, await proxy.StatAsync(Prefix + "upstream_cx_idle_timeout"));
    }

    [Fact]
    public async Task ConnectionWhoseClientGoes_IsDestroyedByUsWithARequest()
    {
        using ScriptedServer server = ScriptedServer.Start(static async upstream => await upstream.ReadToEndAsync());
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await proxy.UntilStatAsync(Prefix + "upstream_cx_http1_total", static count => count == 1);
        }

        await proxy.UntilStatAsync(Prefix + "upstream_cx_destroy", static count => count == 1);
        await AssertDestroyedAsync(proxy, remote: 0, local: 1, busyRemote: 0, busyLocal: 1);
    }

    [Fact]
    public async Task Http2ConnectionThatTheUpstreamEnds_IsDestroyedByItWithRequests()
    {
        using ScriptedServer server = Http2Script.Start(static async (connection, _) => await connection.ReadAsync(Http2Script.Headers));
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        await AskAsync(proxy);
        await proxy.UntilStatAsync(Prefix + "upstream_cx_destroy", static count => count == 1);
        await AssertDestroyedAsync(proxy, remote: 1, local: 0, busyRemote: 1, busyLocal: 0);
    }

    [Theory]
    [InlineData(8u, "http2.stream_refused_errors", 0)]
    [InlineData(7u, "http2.stream_refused_errors", 1)]
    public async Task ResetOfAnUpstream_IsCounted(uint code, string other, long count)
    {
        using ScriptedServer server = Http2Script.Start(async (connection, _) =>
        {
            Http2Script.Frame request = await connection.ReadAsync(Http2Script.Headers);
            await connection.SendAsync(Http2Script.ResetStream, 0, request.Stream, Http2Script.Number(code));
            await connection.DrainAsync();
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(server.Port));
        // The settings must have come, or a refusal is asked again in silence.
        await AskAsync(proxy);
        Assert.InRange(await proxy.StatAsync(Prefix + "http2.rx_reset"), 1, 4);
        Assert.InRange(await proxy.StatAsync(Prefix + other), count, 4 * count);
        Assert.Equal(0, await proxy.StatAsync(Prefix + "http2.streams_active"));
    }

    [Fact]
    public async Task ConnectionThatIsOldEnough_ServesNobodyElse()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(server.Port, longest: TimeSpan.FromMilliseconds(200)));
        await AskAsync(proxy);
        await proxy.UntilStatAsync(Prefix + "upstream_cx_max_duration_reached", static count => count == 1);
        await AskAsync(proxy);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task ConnectionThatIsOldEnough_FinishesWhatItBegan()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            while (true)
            {
                await upstream.ReadUntilAsync("\r\n\r\n");
                await go.Task;
                await upstream.SendAsync(Ok);
            }
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(Cluster(server.Port, longest: TimeSpan.FromMilliseconds(200)));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await proxy.UntilStatAsync(Prefix + "upstream_cx_max_duration_reached", static count => count == 1);
        go.SetResult();
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        await proxy.UntilStatAsync(Prefix + "upstream_cx_destroy_local", static count => count == 1);
    }

    [Fact]
    public async Task Ejections_AreCounted()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(new ClusterModel
        {
            Name = "upstream",
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            PanicThresholdPercent = 0,
            OutlierDetection = new OutlierDetectionModel { Consecutive5xx = 2, MaxEjectionPercent = 100, BaseEjectionTime = TimeSpan.FromMilliseconds(300), Interval = TimeSpan.FromMilliseconds(100) },
        });
        for (int i = 0; i < 2; i++) await AskAsync(proxy);
        foreach (string name in (string[])["ejections_active", "ejections_enforced_total", "ejections_detected_consecutive_5xx", "ejections_enforced_consecutive_5xx"])
            Assert.Equal(1, await proxy.StatAsync($"{Prefix}outlier_detection.{name}"));
        foreach (string name in (string[])["ejections_overflow", "ejections_enforced_consecutive_gateway_failure", "ejections_detected_consecutive_local_origin_failure"])
            Assert.Equal(0, await proxy.StatAsync($"{Prefix}outlier_detection.{name}"));
        while (await proxy.StatAsync(Prefix + "outlier_detection.ejections_active") != 0) await AskAsync(proxy);
        Assert.InRange(await proxy.StatAsync(Prefix + "outlier_detection.ejections_enforced_total"), 1, 1_000);
    }

    [Fact]
    public async Task EjectionThatWouldBeOneTooMany_IsCountedAsOverflow()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 503 Oops\r\nContent-Length: 0\r\n\r\n");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(new ClusterModel
        {
            Name = "upstream",
            Endpoints = ProxyUnderTest.Endpoints(server.Port),
            OutlierDetection = new OutlierDetectionModel { Consecutive5xx = 2, ConsecutiveGatewayFailure = 2, EnforcingConsecutiveGatewayFailurePercent = 0, MaxEjectionPercent = 50 },
        });
        for (int i = 0; i < 2; i++) await AskAsync(proxy);
        Assert.Equal(1, await proxy.StatAsync(Prefix + "outlier_detection.ejections_overflow"));
        Assert.Equal(1, await proxy.StatAsync(Prefix + "outlier_detection.ejections_detected_consecutive_gateway_failure"));
        Assert.Equal(0, await proxy.StatAsync(Prefix + "outlier_detection.ejections_active"));
    }

    [Fact]
    public async Task MessagesOfGrpc_AreCounted()
    {
        await using KestrelUpstream upstream = await KestrelUpstream.StartAsync(static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0 });
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(upstream.Port));
        using RawHttp2Client client = await RawHttp2Client.ConnectAsync(proxy);
        await client.SendAsync(
            RawHttp2Client.Post(1, "/a", ("content-type", "application/grpc")),
            RawHttp2Client.Data(1, "\0\0\0\0\u0001x\0\0", endStream: false), RawHttp2Client.Data(1, "\0\0\u0003abc\0\0\0\0\0", endStream: true));
        await client.ExpectStatusAsync(1, "200");
        await proxy.NextAsync();
        Assert.True(await proxy.Engine.SettleAsync(ProxyUnderTest.Deadline));
        MemoryStream page = new();
        PrometheusPage.Write(proxy.Engine.Options.Telemetry, page);
        string[] lines = System.Text.Encoding.UTF8.GetString(page.ToArray()).Split('\n');
        Assert.EndsWith(" 3", Assert.Single(lines, static line => line.StartsWith("istio_request_messages_total{", StringComparison.Ordinal)));
        Assert.EndsWith(" 2", Assert.Single(lines, static line => line.StartsWith("istio_response_messages_total{", StringComparison.Ordinal)));
    }

    private static ClusterModel Cluster(int port, TimeSpan? idle = null, TimeSpan? longest = null) => new()
    {
        Name = "upstream",
        Endpoints = ProxyUnderTest.Endpoints(port),
        IdleTimeout = idle ?? TimeSpan.FromHours(1),
        MaxConnectionDuration = longest ?? TimeSpan.Zero,
    };

    private static async Task AskAsync(ProxyUnderTest proxy)
    {
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        await client.ReadToEndAsync();
    }

    private static async Task AssertDestroyedAsync(ProxyUnderTest proxy, long remote, long local, long busyRemote, long busyLocal) => Assert.Equal(
        (remote, local, busyRemote, busyLocal, busyRemote + busyLocal),
        (await proxy.StatAsync(Prefix + "upstream_cx_destroy_remote"), await proxy.StatAsync(Prefix + "upstream_cx_destroy_local"),
            await proxy.StatAsync(Prefix + "upstream_cx_destroy_remote_with_active_rq"), await proxy.StatAsync(Prefix + "upstream_cx_destroy_local_with_active_rq"),
            await proxy.StatAsync(Prefix + "upstream_cx_destroy_with_active_rq")));
}
