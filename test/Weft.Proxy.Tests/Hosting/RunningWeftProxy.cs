using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>A <c>weft-proxy</c> that a test started, with what it said; killed at the end.</summary>
internal sealed class RunningWeftProxy : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly SemaphoreSlim _more = new(0);
    private readonly string _file;

    private RunningWeftProxy(Process process, string file)
    {
        Process = process;
        _file = file;
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>The process; its id is the proxy's, for every wrapper becomes what it wraps.</summary>
    public Process Process { get; }

    public string Said => string.Join('\n', _lines);

    /// <summary>Starts it with a bootstrap; a wrapper must end with executing its arguments.</summary>
    public static RunningWeftProxy Start(WeftProxyProgram program, string bootstrap, params string[] wrapper) => Start(program, bootstrap, [], wrapper);

    /// <summary>The same with further options of its command line.</summary>
    public static RunningWeftProxy Start(WeftProxyProgram program, string bootstrap, string[] options, string[] wrapper)
    {
        string file = Path.Combine(Path.GetTempPath(), $"weft-proxy-{Guid.NewGuid():N}.yaml");
        File.WriteAllText(file, bootstrap);
        string[] command = [.. wrapper, program.Path, "-c", file, "--concurrency", "2", .. options];
        return new RunningWeftProxy(Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!, file);
    }

    /// <summary>A bootstrap with one HTTP listener to one cluster, and perhaps an admin port.</summary>
    public static string Bootstrap(int port, string cluster, int admin = 0) => $$"""
        {{(admin == 0 ? "" : $"admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {admin} }} }} }}")}}
        static_resources:
          listeners:
          - name: front
            address: { socket_address: { address: 127.0.0.1, port_value: {{port}} } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: front
                  http_filters: [ { name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } } ]
                  route_config:
                    virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: app } } ] } ]
          clusters:
          - {{cluster}}
        """;

    /// <summary>A static cluster with one endpoint on loopback.</summary>
    public static string Static(int port) =>
        $"{{ name: app, connect_timeout: 2s, load_assignment: {{ cluster_name: app, endpoints: [ {{ lb_endpoints: [ {{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }} }} }} ] }} ] }} }}";

    /// <summary>A port of loopback that is free now.</summary>
    public static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Waits until it has said a word.</summary>
    public async Task UntilSaidAsync(string text)
    {
        using CancellationTokenSource limit = new(ProxyUnderTest.Deadline);
        while (!Said.Contains(text, StringComparison.Ordinal))
        {
            try
            {
                await _more.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"weft-proxy did not say '{text}'; it said:\n{Said}");
            }
        }
    }

    public Task StartedAsync() => UntilSaidAsync("weft-proxy started");

    /// <summary>Waits until it has ended by itself.</summary>
    public async Task<int> EndAsync()
    {
        using CancellationTokenSource limit = new(ProxyUnderTest.Deadline);
        await Process.WaitForExitAsync(limit.Token);
        return Process.ExitCode;
    }

    /// <summary>Processor time used so far, all threads (proc(5): hundredths of a second).</summary>
    public TimeSpan ProcessorTime()
    {
        string[] fields = File.ReadAllText($"/proc/{Process.Id}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
            await EndAsync();
        }

        Process.Dispose();
        File.Delete(_file);
        _more.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        _more.Release();
    }
}
