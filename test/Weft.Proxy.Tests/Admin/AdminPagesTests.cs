using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Weft.Proxy.Admin;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Telemetry;

namespace Weft.Proxy.Tests.Admin;

public sealed class AdminPagesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));
    private readonly RunningProxy _proxy;

    public AdminPagesTests() => _proxy = new RunningProxy(_time);

    public void Dispose() => _proxy.Dispose();

    [Fact]
    public async Task SlowDetection_NamesPortsAndWaits()
    {
        Assert.Equal((200, "[]"), StatusAndBody(await _proxy.Get("/slow_detection")));
        _proxy.SlowDetections = [new SlowDetection("0.0.0.0_25", "mail.default.svc.cluster.local", 25, 3, TimeSpan.FromSeconds(15))];
        Assert.Equal(
            (200, """[{"listener":"0.0.0.0_25","service":"mail.default.svc.cluster.local","port":25,"connections":3,"waited_ms":15000}]"""),
            StatusAndBody(await _proxy.Get("/slow_detection")));
    }

    [Theory]
    [InlineData(0, "/ready")]
    [InlineData(1, "/healthz/ready")]
    [InlineData(2, "/healthz/ready")]
    public async Task Ready_FollowsTheStateAndTheHealthCheck(int site, string path)
    {
        Assert.Equal((200, "LIVE\n"), StatusAndBody(await _proxy.Get(path, site)));
        _proxy.State = ServerState.Initializing;
        _proxy.WaitingFor = "No configuration has come from 127.0.0.1:15010 yet.";
        Assert.Equal((503, "INITIALIZING\nNo configuration has come from 127.0.0.1:15010 yet.\n"), StatusAndBody(await _proxy.Get(path, site)));
        _proxy.State = ServerState.Live;
        Assert.Equal(200, (await _proxy.Post("/healthcheck/fail")).Status);
        Assert.Equal(503, (await _proxy.Get(path, site)).Status);
        Assert.Equal(200, (await _proxy.Post("/healthcheck/ok")).Status);
        Assert.Equal(200, (await _proxy.Get(path, site)).Status);
        Assert.Equal(["fail True", "fail False"], _proxy.Done);
    }

    [Fact]
    public async Task StatePages_DoWhatTheySay()
    {
        Assert.Equal(200, (await _proxy.Post("/drain_listeners")).Status);
        Assert.Equal(200, (await _proxy.Post("/drain")).Status);
        Assert.Equal(["drain", "drain"], _proxy.Done);
        Assert.Equal((200, "active loggers:\n  proxy: debug\n"), StatusAndBody(await _proxy.Post("/logging?level=debug")));
        Assert.Equal(400, (await _proxy.Post("/logging?level=loud")).Status);
        Assert.Equal("debug", _proxy.LogLevel);
        Assert.Equal((200, "OK\n"), StatusAndBody(await _proxy.Post("/quitquitquit")));
        await _proxy.Ended.Task.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("/quitquitquit")]
    [InlineData("/drain")]
    [InlineData("/drain_listeners")]
    [InlineData("/healthcheck/fail")]
    [InlineData("/healthcheck/ok")]
    [InlineData("/logging?level=debug")]
    [InlineData("/reopen_logs")]
    public async Task Get_OnAPageThatChangesState_IsRefused(string path)
    {
        (int status, _, string head) = await _proxy.Get(path);
        Assert.Equal(405, status);
        Assert.Contains("allow: POST", head);
        Assert.Empty(_proxy.Done);
        Assert.False(_proxy.Ended.Task.IsCompleted);
        Assert.Equal("info", _proxy.LogLevel);
        Assert.Equal(405, (await _proxy.Post("/stats")).Status);
    }

    [Fact]
    public async Task OpenPorts_CannotChangeAnything()
    {
        foreach (int site in (int[])[1, 2])
        {
            foreach (string path in (string[])["/quitquitquit", "/drain", "/config_dump", "/stats", "/"])
                Assert.Equal(404, (await _proxy.Post(path, site)).Status);
        }
    }

    [Fact]
    public async Task ServerInfo_TellsVersionStateAndUptime()
    {
        _time.Advance(TimeSpan.FromSeconds(90));
        using JsonDocument info = JsonDocument.Parse((await _proxy.Get("/server_info")).Body);
        Assert.Equal("weft/0.1.0", info.RootElement.GetProperty("version").GetString());
        Assert.Equal("LIVE", info.RootElement.GetProperty("state").GetString());
        Assert.Equal("90s", info.RootElement.GetProperty("uptime_current_epoch").GetString());
        Assert.Equal("web", info.RootElement.GetProperty("node").GetProperty("cluster").GetString());
        Assert.Contains("server.uptime: 90\n", (await _proxy.Get("/stats?filter=^server")).Body);
        using JsonDocument memory = JsonDocument.Parse((await _proxy.Get("/memory")).Body);
        Assert.True(long.Parse(memory.RootElement.GetProperty("allocated").GetString()!, System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task Clusters_ListEndpointsAsEnvoyDoes()
    {
        string text = (await _proxy.Get("/clusters")).Body;
        Assert.StartsWith("a::default_priority::max_connections::1024\n", text);
        Assert.Contains("a::10.0.0.1:80::health_flags::/failed_eds_health\n", text);
        Assert.Contains("b<script>::added_via_api::true\nb<script>::10.0.0.1:80::hostname::\nb<script>::10.0.0.1:80::health_flags::healthy\n", text);
        Assert.Contains("b<script>::10.0.0.1:80::zone::eu-1\n", text);
        using JsonDocument json = JsonDocument.Parse((await _proxy.Get("/clusters?format=json")).Body);
        JsonElement host = json.RootElement.GetProperty("cluster_statuses")[0].GetProperty("host_statuses")[0];
        Assert.Equal(80, host.GetProperty("address").GetProperty("socket_address").GetProperty("port_value").GetInt32());
        Assert.Equal("UNHEALTHY", host.GetProperty("health_status").GetProperty("eds_health_status").GetString());
        Assert.Equal(3, host.GetProperty("weight").GetInt32());
    }

    [Fact]
    public async Task Listeners_ListAddresses()
    {
        Assert.Equal("virtualOutbound::0.0.0.0:15001\n", (await _proxy.Get("/listeners")).Body);
        using JsonDocument json = JsonDocument.Parse((await _proxy.Get("/listeners?format=json")).Body);
        Assert.Equal("virtualOutbound", json.RootElement.GetProperty("listener_statuses")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task ConfigDump_PassesEndpointsOn()
    {
        Assert.Equal("{\"configs\":[],\"eds\":0}", (await _proxy.Get("/config_dump")).Body);
        Assert.Equal("{\"configs\":[],\"eds\":1}", (await _proxy.Get("/config_dump?include_eds")).Body);
        Assert.Equal(400, (await _proxy.Get("/config_dump?mask=x")).Status);
    }

    [Fact]
    public async Task Certificates_AreListedWithoutTheirKeys()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=web", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri("spiffe://cluster.local/ns/default/sa/web"));
        names.AddDnsName("web.default.svc");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(_time.GetUtcNow(), _time.GetUtcNow().AddDays(3.5));
        string keyPem = key.ExportPkcs8PrivateKeyPem();
        SecretModel secret = new()
        {
            Name = "default",
            Certificate = new TlsCertificateModel { ChainPem = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()), PrivateKeyPem = Encoding.ASCII.GetBytes(keyPem) },
        };
        _proxy.Snapshot = new ProxySnapshot { Version = 2, Secrets = new[] { secret }.ToFrozenDictionary(item => item.Name) };
        string body = (await _proxy.Get("/certs")).Body;
        Assert.DoesNotContain("PRIVATE", body);
        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement shown = json.RootElement.GetProperty("certificates")[0].GetProperty("cert_chain")[0];
        Assert.Equal("3", shown.GetProperty("days_until_expiration").GetString());
        Assert.Equal("spiffe://cluster.local/ns/default/sa/web", shown.GetProperty("subject_alt_names")[0].GetProperty("uri").GetString());
        Assert.Equal("web.default.svc", shown.GetProperty("subject_alt_names")[1].GetProperty("dns").GetString());
        Assert.Equal("2026-11-25T12:00:00Z", shown.GetProperty("expiration_time").GetString());
    }

    [Fact]
    public async Task Stats_FilterFormatAndRefuse()
    {
        _proxy.Telemetry.CreateWorker().ListenerStats.Get("x").Add(ListenerStat.NoFilterChainMatch, 4);
        Assert.Equal("listener.x.no_filter_chain_match: 4\n", (await _proxy.Get("/stats?filter=no_filter_chain")).Body);
        Assert.DoesNotContain(": 0\n", (await _proxy.Get("/stats?usedonly")).Body);
        using JsonDocument json = JsonDocument.Parse((await _proxy.Get("/stats?format=json&filter=no_filter")).Body);
        Assert.Equal(4, json.RootElement.GetProperty("stats")[0].GetProperty("value").GetInt64());
        Assert.Equal(400, (await _proxy.Get("/stats?filter=%5B")).Status);
        Assert.Equal(400, (await _proxy.Get("/stats?format=xml")).Status);
        Assert.Equal(200, (await _proxy.Get("/stats?filter=" + Uri.EscapeDataString("(a+)+$"))).Status);
    }

    [Theory]
    [InlineData(0, "/stats/prometheus")]
    [InlineData(0, "/stats?format=prometheus")]
    [InlineData(1, "/stats/prometheus")]
    [InlineData(1, "/metrics")]
    public async Task Prometheus_OfManySeries_IsStreamedWhole(int site, string path)
    {
        WorkerTelemetry worker = _proxy.Telemetry.CreateWorker();
        HttpTelemetry http = worker.Http(HttpTelemetryTests.Listener(TrafficDirection.Outbound), new HttpConnectionManagerModel { StatPrefix = "o" });
        for (int i = 0; i < 300; i++)
            http.Record(new ExchangeRecord { Status = 200, Cluster = worker.Cluster(new ClusterModel { Name = $"c{i}", Service = new($"s{i}", "s", "n") }) });
        (int status, string body, string head) = await _proxy.Get(path, site);
        Assert.Equal(200, status);
        Assert.Contains("content-type: text/plain; version=0.0.4", head);
        PrometheusText page = PrometheusText.Parse(body);
        Assert.Equal(300, page.Samples.Count(sample => sample.Name == "istio_requests_total"));
        Assert.Equal(7, page.Value("envoy_server_total_connections"));
        Assert.Equal(2, page.Value("envoy_cluster_manager_active_clusters"));
    }

    [Fact]
    public async Task Index_EscapesAndLinks()
    {
        (int status, string body, string head) = await _proxy.Get("/");
        Assert.Equal(200, status);
        Assert.Contains("text/html", head);
        Assert.Contains("<a href=\"/stats/prometheus\">", body);
        Assert.Contains("<code>POST /quitquitquit</code>", body);
        Assert.Contains("  /drain (POST): ", (await _proxy.Get("/help")).Body);
        (status, body, head) = await _proxy.Get("/<script>alert(1)</script>");
        Assert.Equal(404, status);
        Assert.Contains("text/plain", head);
        Assert.Contains("nosniff", head);
        Assert.DoesNotContain("script", body);
    }

    private static (int Status, string Body) StatusAndBody((int Status, string Body, string Head) answer) => (answer.Status, answer.Body);
}
