using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Http;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Other people's servers of HTTP/2 as upstreams: nghttp2's and Node's.</summary>
public sealed class RealUpstreamTests : IDisposable
{
    private const string NodeServer = """
        const http2 = require('http2');
        const server = http2.createServer();
        server.on('stream', (stream, headers) => {
          const parts = [];
          let sum = '';
          stream.on('error', () => {});
          stream.on('trailers', trailers => sum = trailers['x-sum'] || '');
          stream.on('data', part => parts.push(part));
          stream.on('end', () => {
            if (headers[':path'] === '/reset') { stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR); return; }
            if (headers[':path'] === '/goaway') stream.session.goaway(0, stream.id);
            stream.additionalHeaders({ ':status': 103, link: '</a>' });
            stream.respond({ ':status': 200, 'x-method': headers[':method'] }, { waitForTrailers: true });
            stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': sum || 'none' }));
            stream.end(Buffer.concat(parts));
          });
        });
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("weft-h2-").FullName;
    private Process? _server;

    public void Dispose()
    {
        if (_server is { } server)
        {
            if (!server.HasExited) server.Kill();
            server.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Node_GetsBodiesAndSendsTrailers(int version)
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(await StartNodeAsync()));
        using HttpClient client = Http2Peers.Client(version);
        foreach (int bytes in (int[])[0, 1, 16 << 10, 1 << 20])
        {
            byte[] body = RandomNumberGenerator.GetBytes(bytes);
            using HttpResponseMessage response = await client.PostAsync($"http://127.0.0.1:{proxy.Port}/", new ByteArrayContent(body));
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
            Assert.Equal("POST", Assert.Single(response.Headers.GetValues("x-method")));
            if (version == 2) Assert.Equal("none", Assert.Single(response.TrailingHeaders.GetValues("x-sum")));
        }

        using HttpResponseMessage reset = await client.GetAsync($"http://127.0.0.1:{proxy.Port}/reset");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reset.StatusCode);
        for (int i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"http://127.0.0.1:{proxy.Port}/goaway")).StatusCode);
        Assert.Equal(10, await proxy.StatAsync("cluster.upstream.upstream_cx_close_notify"));
    }

    [Fact]
    public async Task Node_GetsTrailersOfRequests()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(await StartNodeAsync()));
        string file = Path.Combine(_folder, "body");
        await File.WriteAllTextAsync(file, "hello");
        string text = await RunAsync("nghttp", "-v", "-d", file, "--trailer", "x-sum: 42", $"http://127.0.0.1:{proxy.Port}/");
        Assert.Contains("x-sum: 42\n", text[text.IndexOf(":status: 200", StringComparison.Ordinal)..]);
        Assert.Contains("link: </a>", text);
    }

    [Fact]
    public async Task Nghttpd_UnderLoadLosesNothing()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), new string('a', 1_000));
        int port = await StartNghttpdAsync();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(port), concurrency: 2);
        string text = await RunAsync("h2load", "-n", "20000", "-c", "16", "-m", "32", $"http://127.0.0.1:{proxy.Port}/file");
        Assert.Contains("20000 succeeded, 0 failed, 0 errored, 0 timeout", text);
        Assert.Contains("status codes: 20000 2xx", text);
        string old = await RunAsync("h2load", "--h1", "-n", "5000", "-c", "16", $"http://127.0.0.1:{proxy.Port}/file");
        Assert.Contains("status codes: 5000 2xx", old);
    }

    [Fact]
    public async Task Nghttpd_EchoesWhatWasUploaded()
    {
        int port = await StartNghttpdAsync("--echo-upload");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(KestrelUpstream.Cluster(port));
        byte[] body = RandomNumberGenerator.GetBytes(3 << 20);
        foreach (int version in (int[])[1, 2])
        {
            using HttpClient client = Http2Peers.Client(version);
            using HttpResponseMessage response = await client.PostAsync($"http://127.0.0.1:{proxy.Port}/", new ByteArrayContent(body));
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string text = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {text}{await error}");
        return text;
    }

    private async Task<int> StartNodeAsync()
    {
        _server = Process.Start(new ProcessStartInfo("node", ["-e", NodeServer]) { RedirectStandardOutput = true })!;
        return int.Parse((await _server.StandardOutput.ReadLineAsync().WaitAsync(ProxyUnderTest.Deadline))!, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>nghttpd takes no port 0, so that it gets one that was free a moment ago, and another if it was taken meanwhile.</summary>
    private async Task<int> StartNghttpdAsync(params string[] options)
    {
        for (int attempt = 0; ; attempt++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            int port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            _server = Process.Start(new ProcessStartInfo("nghttpd", ["--no-tls", "-a", "127.0.0.1", "-d", _folder, .. options, $"{port}"]))!;
            long start = Stopwatch.GetTimestamp();
            while (!_server.HasExited)
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < ProxyUnderTest.Deadline, "nghttpd does not listen");
                using var socket = new TcpClient();
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(ProxyUnderTest.Deadline);
                    return port;
                }
                catch (SocketException)
                {
                    await Task.Yield();
                }
            }

            Assert.True(attempt < 5, "nghttpd ends at once");
        }
    }
}
