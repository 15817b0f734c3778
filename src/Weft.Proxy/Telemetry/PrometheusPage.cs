namespace Weft.Proxy.Telemetry;

/// <summary>
/// Writes all metrics of a proxy in Prometheus' text format 0.0.4: Istio's standard metrics, then Envoy's statistics with Envoy's
/// Prometheus names. Runs on the reader's thread.
/// </summary>
public sealed class PrometheusPage
{
    /// <summary>For the Content-Type header.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly ProxyTelemetry _telemetry;
    private readonly Utf8Output _output;
    private readonly PrometheusLabels _labels;

    private PrometheusPage(ProxyTelemetry telemetry, Stream stream)
    {
        _telemetry = telemetry;
        _output = new Utf8Output(stream);
        _labels = new PrometheusLabels(telemetry);
    }

    /// <summary>Writes the page to <paramref name="stream"/> as it is made.</summary>
    public static void Write(ProxyTelemetry telemetry, Stream stream)
    {
        PrometheusPage page = new(telemetry, stream);
        page.WriteIstio();
        page.WriteBlocks("envoy_cluster_", "envoy_cluster_name", StatNames.Cluster, worker => worker.ClusterStats);
        page.WriteBlocks("envoy_listener_", "envoy_listener_address", StatNames.Listener, worker => worker.ListenerStats);
        page.WriteBlocks("envoy_http_", "envoy_http_conn_manager_prefix", StatNames.Http, worker => worker.HttpStats);
        page.WriteBlocks("envoy_tcp_", "envoy_tcp_prefix", StatNames.Tcp, worker => worker.TcpStats);
        page.WriteBlocks("envoy_vhost_route_", "envoy_route", StatNames.Route, worker => worker.RouteStats);
        page.WriteGlobals();
        page._output.Flush();
    }

    private void WriteIstio()
    {
        SeriesReader http = new(_telemetry.Workers, worker => worker.HttpSeries, HttpSeriesCells.Stride);
        Counter(http, "istio_requests_total", "Requests, by who asked whom and how it ended.", HttpSeriesCells.Requests);
        Histogram(http, "istio_request_duration_milliseconds", "Time of requests.", HttpSeriesCells.Duration, sumIsThousandths: true);
        Histogram(http, "istio_request_bytes", "Bodies of requests.", HttpSeriesCells.RequestBytes, sumIsThousandths: false);
        Histogram(http, "istio_response_bytes", "Bodies of responses.", HttpSeriesCells.ResponseBytes, sumIsThousandths: false);
        Counter(http, "istio_request_messages_total", "Messages of gRPC requests.", HttpSeriesCells.RequestMessages, grpcOnly: true);
        Counter(http, "istio_response_messages_total", "Messages of gRPC responses.", HttpSeriesCells.ResponseMessages, grpcOnly: true);

        SeriesReader tcp = new(_telemetry.Workers, worker => worker.TcpSeries, TcpSeriesCells.Stride);
        Counter(tcp, "istio_tcp_connections_opened_total", "TCP connections opened.", TcpSeriesCells.Opened);
        Counter(tcp, "istio_tcp_connections_closed_total", "TCP connections closed.", TcpSeriesCells.Closed);
        Counter(tcp, "istio_tcp_sent_bytes_total", "Bytes sent to clients over TCP.", TcpSeriesCells.Sent);
        Counter(tcp, "istio_tcp_received_bytes_total", "Bytes received from clients over TCP.", TcpSeriesCells.Received);

        Family("istio_build", "gauge", "The version of this proxy.");
        _output.Write("istio_build{component=\"proxy\",tag=\"").Write(PrometheusLabels.Escape(_telemetry.Version)).Write("\"} 1\n");
    }

    private void Family(string name, string type, string help) =>
        _output.Write("# HELP ").Write(name).Write(" ").Write(help).Write("\n# TYPE ").Write(name).Write(" ").Write(type).Write("\n");

    private void Counter(SeriesReader reader, string name, string help, int cell, bool grpcOnly = false)
    {
        bool first = true;
        reader.ForEach((key, cells) =>
        {
            if (grpcOnly && key.Protocol != MetricProtocol.Grpc) return;
            if (first) Family(name, "counter", help);
            first = false;
            _output.Write(name).Write("{").Write(_labels.For(key)).Write("} ").Write(cells[cell]).Write("\n");
        });
    }

    private void Histogram(SeriesReader reader, string name, string help, int start, bool sumIsThousandths)
    {
        bool first = true;
        reader.ForEach((key, cells) =>
        {
            if (first) Family(name, "histogram", help);
            first = false;
            byte[] labels = _labels.For(key);
            long count = 0;
            for (int bucket = 0; bucket < HistogramCells.Buckets; bucket++)
            {
                count += cells[start + bucket];
                _output.Write(name).Write("_bucket{").Write(labels).Write(",le=\"").Write(HistogramCells.BoundTexts[bucket]).Write("\"} ").Write(count).Write("\n");
            }

            _output.Write(name).Write("_sum{").Write(labels).Write("} ");
            long sum = cells[start + HistogramCells.Sum];
            (sumIsThousandths ? _output.WriteThousandths(sum) : _output.Write(sum)).Write("\n");
            _output.Write(name).Write("_count{").Write(labels).Write("} ").Write(count).Write("\n");
        });
    }

    /// <summary>One family for each statistic, one line for each name; the status classes share a family, as in Envoy.</summary>
    private void WriteBlocks<TStat>(string prefix, string label, string[] names, Func<WorkerTelemetry, StatBlocks<TStat>> choose)
        where TStat : struct, Enum
    {
        SortedDictionary<string, long[]> sums = StatSums.Of(_telemetry.Workers, names.Length, choose);
        if (sums.Count == 0) return;
        string family = "";
        for (int stat = 0; stat < names.Length; stat++)
        {
            string name = names[stat].Replace('.', '_');
            // upstream_rq_5xx, but not outlier_detection.ejections_enforced_consecutive_5xx.
            bool isClass = name.EndsWith("xx", StringComparison.Ordinal) && name[..^3].EndsWith("_rq_", StringComparison.Ordinal);
            string code = isClass ? $",envoy_response_code_class=\"{name[^3]}\"" : "";
            if (isClass) name = name[..^3] + "xx";
            if (family != name) Family(prefix + name, StatNames.IsGauge(name) ? "gauge" : "counter", "Envoy's statistic of that name.");
            family = name;
            foreach ((string of, long[] values) in sums)
            {
                _output.Write(prefix).Write(name).Write("{").Write(label).Write("=\"").Write(PrometheusLabels.Escape(of)).Write("\"")
                    .Write(code).Write("} ").Write(values[stat]).Write("\n");
            }
        }
    }

    private void WriteGlobals()
    {
        foreach (GlobalStat stat in _telemetry.GlobalStats)
        {
            string name = "envoy_" + stat.Name.Replace('.', '_').Replace('-', '_');
            Family(name, stat.IsGauge ? "gauge" : "counter", "See the statistic of that name at /stats.");
            _output.Write(name).Write(" ").Write(stat.Read()).Write("\n");
        }
    }
}
