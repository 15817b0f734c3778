using System.Globalization;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>A process whose memory fills with what clients do not take: each step of <c>overload_manager</c>, in and out.</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class MemoryPressureTests(WeftProxyProgram program, ITestOutputHelper output) : IDisposable
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private const int LimitMiB = 240;
    private const int Hogs = 260;
    private const int HogBytes = 1_000_000;

    // The whole test, on a noisy machine.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly string _log = Path.GetTempFileName();
    private readonly List<RawClient> _hogs = [];
    private int _full;

    public void Dispose()
    {
        foreach (RawClient hog in _hogs) hog.Dispose();
        File.Delete(_log);
    }

    [Fact]
    public async Task MemoryThatFills_ShedsLoadInStepsAndRecovers()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort(), delayed = RunningWeftProxy.FreePort();
        await using RunningWeftProxy proxy = RunningWeftProxy.Start(program, Bootstrap(port, delayed, server.Port, admin));
        await proxy.StartedAsync();
        using RawClient kept = await RawClient.ConnectAsync(port);
        await ExpectAsync(kept, "HTTP/1.1 200 ");

        // Requests that are held back, so that their bodies wait in the proxy. Their heads come first: later ones would be refused.
        for (int i = 0; i < Hogs; i++)
        {
            RawClient hog = await RawClient.ConnectAsync(delayed);
            _hogs.Add(hog);
            await hog.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {HogBytes}\r\n\r\n");
        }

        await UntilAsync(admin, stats => stats["http.delayed.fault.active_faults"] == Hogs, "every request is held back");
        await FillUntilAsync(admin, "disable_http_keepalive");
        using (RawClient client = await RawClient.ConnectAsync(port)) Assert.Contains("connection: close\r\n", await ExpectAsync(client, "HTTP/1.1 200 "));
        await FillUntilAsync(admin, "stop_accepting_requests");
        using (RawClient client = await RawClient.ConnectAsync(port)) Assert.Contains("connection: close\r\n", await ExpectAsync(client, "HTTP/1.1 503 "));
        await FillUntilAsync(admin, "stop_accepting_connections");
        using RawClient waiting = await RawClient.ConnectAsync(port);
        await waiting.SendAsync(Request);
        await ExpectAsync(kept, "HTTP/1.1 503 ");
        Assert.Equal(200, (await ProxyGeneration.AskAsync(admin, "/ready")).Status);
        output.WriteLine($"{_full} bodies; {string.Join(' ', (await StatsAsync(admin)).Where(stat => stat.Key.EndsWith("pressure")).Select(stat => stat.Value))} %");

        foreach (RawClient hog in _hogs) hog.Dispose();
        await UntilAsync(admin, stats => stats.Where(stat => stat.Key.EndsWith(".active", StringComparison.Ordinal)).All(stat => stat.Value == 0), "every action has ended");
        Assert.Contains("HTTP/1.1 200 ", (await waiting.ReadResponseAsync()).Head);
        using (RawClient client = await RawClient.ConnectAsync(port)) Assert.DoesNotContain("connection: close", await ExpectAsync(client, "HTTP/1.1 200 "));

        Dictionary<string, long> end = await StatsAsync(admin);
        Assert.True(end["overload.envoy.overload_actions.shrink_heap.shrink_count"] > 0);
        Assert.Equal(2, end["http.front.downstream_rq_overload_close"]);
        Assert.True(end["http.front.downstream_cx_overload_disable_keepalive"] >= 2);
        await UntilAsync(admin, _ => File.ReadAllText(_log).Split("503 OM overload\n").Length == 3, "both refusals are in the access log");
    }

    private static async Task<string> ExpectAsync(RawClient client, string status)
    {
        await client.SendAsync(Request);
        string head = (await client.ReadResponseAsync()).Head;
        Assert.StartsWith(status, head);
        return head;
    }

    private async Task FillUntilAsync(int admin, string action)
    {
        string name = $"overload.envoy.overload_actions.{action}.active";
        byte[] body = new byte[HogBytes - 1];
        using CancellationTokenSource limit = new(s_patience);
        while ((await StatsAsync(admin))[name] == 0)
        {
            Assert.False(limit.IsCancellationRequested, $"{action} did not begin with {_full} bodies");
            // The proxy looks at its memory ten times a second: a few bodies between two looks, or the next step would begin with this one.
            if (_full < _hogs.Count) await _hogs[_full++].SendAsync(body);
            await Task.Delay(TimeSpan.FromMilliseconds(30));
        }
    }

    private static async Task UntilAsync(int admin, Func<Dictionary<string, long>, bool> holds, string what)
    {
        using CancellationTokenSource limit = new(s_patience);
        while (!holds(await StatsAsync(admin)))
        {
            Assert.False(limit.IsCancellationRequested, $"Not in time: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    private static async Task<Dictionary<string, long>> StatsAsync(int admin) => (await ProxyGeneration.AskAsync(admin, "/stats")).Body
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ")).ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));

    private string Bootstrap(int port, int delayed, int upstream, int admin)
    {
        string text = RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(upstream), admin).Replace(
            "stat_prefix: front",
            $$"""stat_prefix: front, access_log: [ { name: file, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: {{_log}}, log_format: { text_format_source: { inline_string: "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n" } } } } ]""".Replace(", access_log", "\n          access_log", StringComparison.Ordinal),
            StringComparison.Ordinal);
        string held = $$"""
              - name: delayed
                address: { socket_address: { address: 127.0.0.1, port_value: {{delayed}} } }
                filter_chains:
                - filters:
                  - name: http
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: delayed
                      http_filters:
                      - { name: fault, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault, delay: { fixed_delay: 600s, percentage: { numerator: 100 } } } }
                      - { name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }
                      route_config:
                        virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: app } } ] } ]
            """;
        string manager = $$"""

            overload_manager:
              refresh_interval: 0.1s
              resource_monitors:
              - name: envoy.resource_monitors.fixed_heap
                typed_config: { "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig, max_heap_size_bytes: {{LimitMiB << 20}} }
              actions:
              - { name: envoy.overload_actions.shrink_heap, triggers: [ { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.5 } } ] }
              - { name: envoy.overload_actions.disable_http_keepalive, triggers: [ { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.6 } } ] }
              - { name: envoy.overload_actions.stop_accepting_requests, triggers: [ { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.75 } } ] }
              - { name: envoy.overload_actions.stop_accepting_connections, triggers: [ { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.9 } } ] }
            """;
        return text.Replace("\n  clusters:", $"\n{Indented(held, 2)}\n  clusters:", StringComparison.Ordinal) + Indented(manager, 0) + "\n";
    }

    // The block moved so that its first line stands at the column.
    private static string Indented(string block, int column)
    {
        string[] lines = block.Split('\n');
        int own = lines.First(line => line.Length > 0).TakeWhile(char.IsWhiteSpace).Count();
        return string.Join('\n', lines.Select(line => line.Length >= own ? new string(' ', column) + line[own..] : line));
    }
}
