using System.Globalization;
using System.Text;

namespace Weft.Proxy.Telemetry;

/// <summary>Writes the labels of Istio's standard metrics for a series; see reference "Metrics" of Istio.</summary>
internal sealed class PrometheusLabels(ProxyTelemetry telemetry)
{
    private readonly StringBuilder _text = new();

    /// <summary>The labels without braces, as UTF-8.</summary>
    public byte[] For(SeriesKey key)
    {
        WorkloadLabels peer = telemetry.Workloads[key.Peer];
        WorkloadLabels local = telemetry.Local;
        // The proxy's own principal counts only where mutual TLS was used with this peer.
        if (peer.Principal.Length == 0) local = local with { Principal = "" };
        ServiceLabels service = telemetry.Services[key.Service];
        _text.Clear();
        Add("reporter", key.AtDestination ? "destination" : "source");
        AddWorkload("source", key.AtDestination ? peer : local);
        AddWorkload("destination", key.AtDestination ? local : peer);
        Add("destination_service", service.Host);
        Add("destination_service_name", service.Name);
        Add("destination_service_namespace", service.Namespace);
        Add("request_protocol", key.Protocol switch { MetricProtocol.Grpc => "grpc", MetricProtocol.Tcp => "tcp", _ => "http" });
        if (key.Protocol != MetricProtocol.Tcp)
            Add("response_code", key.Status.ToString(CultureInfo.InvariantCulture));
        if (key.Protocol == MetricProtocol.Grpc)
            Add("grpc_response_status", key.GrpcStatus < 0 ? "" : key.GrpcStatus.ToString(CultureInfo.InvariantCulture), known: true);
        Add("response_flags", ResponseFlagNames.Format(key.Flags));
        Add("connection_security_policy", key.Security switch
        {
            ConnectionSecurity.MutualTls => "mutual_tls",
            ConnectionSecurity.None => "none",
            _ => "unknown",
        });
        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    /// <summary>Escapes a label value: backslash, quote and line feed (Prometheus text format 0.0.4).</summary>
    public static string Escape(string value) =>
        value.AsSpan().IndexOfAny("\\\"\n") < 0 ? value : value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private void AddWorkload(string side, WorkloadLabels workload)
    {
        Add(side + "_workload", workload.Workload);
        Add(side + "_workload_namespace", workload.Namespace);
        Add(side + "_principal", workload.Principal);
        Add(side + "_app", workload.App);
        Add(side + "_version", workload.Version);
        Add(side + "_cluster", workload.Cluster);
        Add(side + "_canonical_service", workload.CanonicalService);
        Add(side + "_canonical_revision", workload.CanonicalRevision.Length > 0 || workload == WorkloadLabels.Unknown ? workload.CanonicalRevision : "latest");
    }

    private void Add(string name, string value, bool known = false)
    {
        if (_text.Length > 0) _text.Append(',');
        _text.Append(name).Append("=\"").Append(value.Length == 0 && !known ? "unknown" : Escape(value)).Append('"');
    }
}
