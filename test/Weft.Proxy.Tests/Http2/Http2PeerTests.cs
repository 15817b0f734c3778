using System.Diagnostics;
using System.Net;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Http2;

/// <summary>Other people's clients, plain and over TLS, and what becomes of their connections when the proxy wants to be rid of them.</summary>
public class Http2PeerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    [Fact]
    public async Task Curl_ByPriorKnowledge()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        string text = await RunAsync("curl", "-sS", "--http2-prior-knowledge", "-w", "version=%{http_version}", "-d", "hello", $"http://127.0.0.1:{proxy.Port}/a");
        Assert.StartsWith("POST /a HTTP/1.1\r\n", text);
        Assert.EndsWith("version=2", text);
    }

    [Fact]
    public async Task Curl_ByUpgrade()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        string text = await RunAsync("curl", "-sS", "--http2", "-w", "version=%{http_version}", $"http://127.0.0.1:{proxy.Port}/a", $"http://127.0.0.1:{proxy.Port}/b");
        Assert.StartsWith("GET /a HTTP/1.1\r\n", text);
        Assert.Contains("version=2GET /b HTTP/1.1\r\n", text);
        Assert.EndsWith("version=2", text);
    }

    [Fact]
    public async Task Nghttp_ByUpgrade()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port));
        string text = await RunAsync("nghttp", "-vu", $"http://127.0.0.1:{proxy.Port}/a");
        Assert.Contains("HTTP Upgrade success", text);
        Assert.Contains("recv (stream_id=1) :status: 200", text);
        Assert.Contains("GET /a HTTP/1.1\r\n", text);
    }

    [Fact]
    public async Task H2load_LosesNothing()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), concurrency: 2);
        string text = await RunAsync("h2load", "-n", "20000", "-c", "16", "-m", "32", $"http://127.0.0.1:{proxy.Port}/");
        Assert.Contains("20000 succeeded, 0 failed, 0 errored, 0 timeout", text);
        Assert.Contains("status codes: 20000 2xx", text);
    }

    [Fact]
    public async Task Alpn_ChoosesHttp2()
    {
        TestAuthority authority = new();
        TlsCertificate certificate = authority.Workload("spiffe://cluster.local/ns/default/sa/gateway");
        DownstreamTlsModel tls = new() { Certificates = [new TlsCertificateModel { ChainPem = certificate.Chain, PrivateKeyPem = certificate.PrivateKey }], AlpnProtocols = ["h2", "http/1.1"] };
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(1, ProxyUnderTest.Listener(ProxyUnderTest.Manager, tls), ProxyUnderTest.Cluster(server.Port));
        foreach ((string option, string version) in ((string, string)[])[("--http2", "2"), ("--http1.1", "1.1")])
        {
            string text = await RunAsync("curl", "-sSk", option, "-w", "version=%{http_version}", $"https://127.0.0.1:{proxy.Port}/a");
            Assert.StartsWith("GET /a HTTP/1.1\r\n", text);
            Assert.EndsWith($"version={version}", text);
        }
    }

    [Fact]
    public async Task ChangedListener_LetsStreamsFinishAndClientsComeBack()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            while (true)
            {
                string head = await upstream.ReadUntilAsync("\r\n\r\n");
                if (head.Contains("/slow", StringComparison.Ordinal))
                {
                    asked.TrySetResult();
                    await answer.Task;
                }

                await upstream.SendAsync(Ok);
            }
        });
        ClusterModel cluster = ProxyUnderTest.Cluster(server.Port);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster);
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = ProxyUnderTest.Deadline,
        };
        int port = proxy.Port;
        Task<string> slow = client.GetStringAsync($"http://127.0.0.1:{port}/slow");
        await asked.Task.WaitAsync(ProxyUnderTest.Deadline);
        ListenerModel changed = ProxyUnderTest.Listener(new HttpConnectionManagerModel { StatPrefix = "changed", InlineRoutes = TestRoutes.To("upstream") });
        proxy.Publish(new ListenerModel { Name = changed.Name, Address = ProxyUnderTest.Loopback(port), FilterChains = changed.FilterChains }, cluster);
        for (int i = 0; i < 50; i++) Assert.Equal("hello", await client.GetStringAsync($"http://127.0.0.1:{port}/{i}"));
        answer.SetResult();
        Assert.Equal("hello", await slow);
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
}
