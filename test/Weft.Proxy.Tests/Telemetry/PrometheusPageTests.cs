using System.Text;
using System.Text.RegularExpressions;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Telemetry;

public sealed class PrometheusPageTests : IDisposable
{
    private static readonly WorkloadLabels Web =
        new("web-v1", "default", "spiffe://cluster.local/ns/default/sa/web", "web", "v1", "Kubernetes", "web", "v1");

    private readonly ProxyTelemetry _telemetry = new(Web, version: "0.1.0");

    public void Dispose() => _telemetry.Dispose();

    [Fact]
    public void OutboundRequests_OfTwoWorkers_AreSummedWithAllLabels()
    {
        foreach (WorkerTelemetry worker in (WorkerTelemetry[])[_telemetry.CreateWorker(), _telemetry.CreateWorker()])
        {
            HttpTelemetry http = Http(worker, TrafficDirection.Outbound);
            ClusterTelemetry cluster = worker.Cluster(Reviews);
            PeerHandle peer = worker.Peer(new EndpointMetadataModel { Workload = "reviews-v2;prod;reviews;v2;site-a" }, "spiffe://cluster.local/ns/prod/sa/reviews");
            for (int i = 0; i < 5; i++)
                http.Record(new ExchangeRecord { Status = 200, Cluster = cluster, UpstreamPeer = peer, DurationMicroseconds = 1500, RequestBodyBytes = 0, ResponseBodyBytes = 300 });
        }

        PrometheusText page = Page();
        var (_, labels, value) = page.Samples.Single(sample => sample.Name == "istio_requests_total");
        Assert.Equal(10, value);
        Assert.Equal(
            """
            reporter=source source_workload=web-v1 source_workload_namespace=default source_principal=spiffe://cluster.local/ns/default/sa/web
            source_app=web source_version=v1 source_cluster=Kubernetes source_canonical_service=web source_canonical_revision=v1
            destination_workload=reviews-v2 destination_workload_namespace=prod destination_principal=spiffe://cluster.local/ns/prod/sa/reviews
            destination_app=reviews destination_version=v2 destination_cluster=site-a destination_canonical_service=reviews
            destination_canonical_revision=v2 destination_service=reviews.prod.svc.cluster.local destination_service_name=reviews
            destination_service_namespace=prod request_protocol=http response_code=200 response_flags=- connection_security_policy=unknown
            """.ReplaceLineEndings(" "),
            string.Join(' ', labels.Select(label => $"{label.Key}={label.Value}")));
        Assert.Equal("histogram", page.Type("istio_request_duration_milliseconds"));
        Assert.Equal(0, page.Value("istio_request_duration_milliseconds_bucket", ("le", "1")));
        Assert.Equal(10, page.Value("istio_request_duration_milliseconds_bucket", ("le", "5")));
        Assert.Equal(15, page.Value("istio_request_duration_milliseconds_sum"));
        Assert.Equal(10, page.Value("istio_request_bytes_bucket", ("le", "0.5")));
        Assert.Equal(3000, page.Value("istio_response_bytes_sum"));
    }

    [Fact]
    public void InboundRequests_ReportTheDestination()
    {
        WorkerTelemetry worker = _telemetry.CreateWorker();
        HttpTelemetry http = Http(worker, TrafficDirection.Inbound);
        http.Record(new ExchangeRecord
        {
            Status = 503,
            Flags = ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded,
            DownstreamMutualTls = true,
            DownstreamPeer = worker.Peer("spiffe://cluster.local/ns/shop/sa/checkout"),
            Cluster = worker.Cluster(Reviews),
        });
        http.Record(new ExchangeRecord { Status = 200, IsGrpc = true, GrpcStatus = 14 });
        PrometheusText page = Page();
        Assert.Equal(1, page.Value(
            "istio_requests_total", ("reporter", "destination"), ("source_workload_namespace", "shop"), ("source_workload", "unknown"),
            ("source_principal", "spiffe://cluster.local/ns/shop/sa/checkout"), ("destination_workload", "web-v1"),
            ("destination_principal", Web.Principal), ("response_flags", "UF,URX"), ("connection_security_policy", "mutual_tls")));
        Assert.Equal(1, page.Value(
            "istio_requests_total", ("request_protocol", "grpc"), ("grpc_response_status", "14"), ("connection_security_policy", "none"),
            ("source_principal", "unknown"), ("destination_principal", "unknown"), ("destination_service", "unknown")));
    }

    [Fact]
    public void TcpConnections_CountOpenedClosedAndBytes()
    {
        WorkerTelemetry worker = _telemetry.CreateWorker();
        TcpTelemetry tcp = worker.Tcp(
            HttpTelemetryTests.Listener(TrafficDirection.Outbound), new TcpProxyModel { StatPrefix = "mysql", Clusters = [] });
        ClusterTelemetry cluster = worker.Cluster(new ClusterModel { Name = "PassthroughCluster" });
        tcp.Open(new ConnectionRecord { Cluster = cluster });
        tcp.Open(new ConnectionRecord { Cluster = cluster });
        tcp.Move(new ConnectionRecord { Cluster = cluster }, 10, 20);
        tcp.Close(new ConnectionRecord { Cluster = cluster, SentBytes = 11, ReceivedBytes = 22 }, 10, 20);
        PrometheusText page = Page();
        Assert.Equal(2, page.Value("istio_tcp_connections_opened_total", ("request_protocol", "tcp"), ("destination_service_name", "PassthroughCluster")));
        Assert.Equal(1, page.Value("istio_tcp_connections_closed_total"));
        Assert.Equal(11, page.Value("istio_tcp_sent_bytes_total"));
        Assert.Equal(22, page.Value("istio_tcp_received_bytes_total"));
        Assert.DoesNotContain(page.Samples, sample => sample.Labels.ContainsKey("response_code"));
    }

    [Fact]
    public void HostileNames_AreEscaped()
    {
        WorkerTelemetry worker = _telemetry.CreateWorker();
        const string evil = "a\"} 1\nfake_metric 666\\";
        ClusterModel model = new() { Name = evil, Service = new DestinationServiceModel(evil, evil, evil) };
        worker.Cluster(model).Stats.Add(ClusterStat.UpstreamRqTotal, 7);
        Http(worker, TrafficDirection.Outbound).Record(new ExchangeRecord { Status = 200, Cluster = worker.Cluster(model) });
        PrometheusText page = Page();
        Assert.DoesNotContain(page.Samples, sample => sample.Name == "fake_metric");
        Assert.Equal(7, page.Value("envoy_cluster_upstream_rq_total", ("envoy_cluster_name", evil)));
        Assert.Equal(1, page.Value("istio_requests_total", ("destination_service", evil)));
    }

    [Fact]
    public void EnvoyStatistics_HaveEnvoysNames()
    {
        WorkerTelemetry worker = _telemetry.CreateWorker();
        worker.Cluster(Reviews).Stats.Add(ClusterStat.UpstreamRq5xx, 3);
        worker.ListenerStats.Get("0.0.0.0_15001").Add(ListenerStat.DownstreamCxActive, 2);
        _telemetry.AddGlobalStat(new GlobalStat("server.live", true, () => 1));
        PrometheusText page = Page();
        Assert.Equal(3, page.Value("envoy_cluster_upstream_rq_xx", ("envoy_cluster_name", Reviews.Name), ("envoy_response_code_class", "5")));
        Assert.Equal("counter", page.Type("envoy_cluster_upstream_rq_xx"));
        Assert.Equal(2, page.Value("envoy_listener_downstream_cx_active", ("envoy_listener_address", "0.0.0.0_15001")));
        Assert.Equal("gauge", page.Type("envoy_listener_downstream_cx_active"));
        Assert.Equal(1, page.Value("envoy_server_live"));
        Assert.Equal(1, page.Value("istio_build", ("tag", "0.1.0")));

        string[] lines = Stats("upstream_rq_5xx|live", usedOnly: true);
        Assert.Equal([$"cluster.{Reviews.Name}.upstream_rq_5xx: 3", "server.live: 1"], lines);
    }

    private static ClusterModel Reviews { get; } = new()
    {
        Name = "outbound|80||reviews.prod.svc.cluster.local",
        Service = new DestinationServiceModel("reviews.prod.svc.cluster.local", "reviews", "prod"),
    };

    private static HttpTelemetry Http(WorkerTelemetry worker, TrafficDirection direction) =>
        worker.Http(HttpTelemetryTests.Listener(direction), new HttpConnectionManagerModel { StatPrefix = "test" });

    private PrometheusText Page()
    {
        using MemoryStream stream = new();
        PrometheusPage.Write(_telemetry, stream);
        return PrometheusText.Parse(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private string[] Stats(string filter, bool usedOnly)
    {
        using MemoryStream stream = new();
        Utf8Output output = new(stream);
        StatsPage.WriteText(StatsPage.Read(_telemetry, new Regex(filter), usedOnly), output);
        output.Flush();
        return Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n');
    }
}
