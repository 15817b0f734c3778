using System.Diagnostics;
using System.Globalization;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Http;

namespace Weft.Proxy.Tests.Engine;

/// <summary>Catalogue case 72: a wall clock that jumps changes what dates are written, and no timer and no duration.</summary>
public sealed class WallClockTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task WallClockThatJumps_MovesDatesAndNoTimerAndNoDuration(int hours)
    {
        TimeSpan jump = TimeSpan.FromHours(hours);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            while (true)
            {
                string head = await upstream.ReadUntilAsync("\r\n\r\n");
                if (head.StartsWith("GET /never", StringComparison.Ordinal)) await upstream.ReceiveAsync();
                if (head.StartsWith("GET /held", StringComparison.Ordinal)) await release.Task;
                await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        WallClock clock = new();
        await using ProxyUnderTest proxy = ProxyUnderTest.StartAt(clock, ProxyUnderTest.Cluster(server.Port), new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            StreamIdleTimeout = TimeSpan.FromMinutes(5),
            IdleTimeout = TimeSpan.FromMinutes(30),
            InlineRoutes = TestRoutes.Of(
                """{"match": {"prefix": "/never"}, "route": {"cluster": "upstream", "timeout": "0.5s"}}""",
                """{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "600s"}}"""),
        });
        using RawClient held = await proxy.ConnectAsync(), idle = await proxy.ConnectAsync(), timed = await proxy.ConnectAsync();
        Assert.InRange(await DateAsync(idle) - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        await held.SendAsync("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
        await proxy.UntilStatAsync("cluster.upstream.upstream_rq_active", static count => count == 1);

        clock.Jump(jump);

        // The workers look at the wall clock once a second.
        long start = Stopwatch.GetTimestamp();
        while ((await DateAsync(idle) - clock.GetUtcNow()).Duration() > TimeSpan.FromMinutes(1))
            Assert.True(Stopwatch.GetElapsedTime(start) < ProxyUnderTest.Deadline, "the dates did not follow the wall clock");

        // A timeout that begins now, and one across another jump, strike in their own time.
        start = Stopwatch.GetTimestamp();
        await timed.SendAsync("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
        await proxy.UntilStatAsync("cluster.upstream.upstream_rq_active", static count => count == 2);
        clock.Jump(-jump);
        Assert.StartsWith("HTTP/1.1 504 ", (await timed.ReadResponseAsync()).Head);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromSeconds(0.45), ProxyUnderTest.Deadline);
        clock.Jump(jump);

        // What was under way and who was idle are still there.
        release.SetResult();
        Assert.StartsWith("HTTP/1.1 200 ", (await held.ReadResponseAsync()).Head);
        await DateAsync(idle);
        foreach (string name in (string[])["downstream_cx_idle_timeout", "downstream_rq_idle_timeout"]) Assert.Equal(0, await proxy.StatAsync("http.test." + name));
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_rq_timeout"));
        Assert.InRange(Milliseconds(proxy), 450, 120_000);
    }

    private static async Task<DateTimeOffset> DateAsync(RawClient client)
    {
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        string line = (await client.ReadResponseAsync()).Head.Split("\r\n").Single(static line => line.StartsWith("date: ", StringComparison.OrdinalIgnoreCase));
        return DateTimeOffset.ParseExact(line[6..], "r", CultureInfo.InvariantCulture);
    }

    /// <summary>All requests' durations together.</summary>
    private static double Milliseconds(ProxyUnderTest proxy)
    {
        MemoryStream page = new();
        PrometheusPage.Write(proxy.Engine.Options.Telemetry, page);
        return Encoding.UTF8.GetString(page.ToArray()).Split('\n').Where(static line => line.StartsWith("istio_request_duration_milliseconds_sum{", StringComparison.Ordinal))
            .Sum(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
