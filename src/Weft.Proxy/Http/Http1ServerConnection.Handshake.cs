using Weft.Proxy.Listeners;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Http;

/// <summary>A client that never got to its first request because its TLS handshake failed leaves one statistic and one record.</summary>
internal sealed partial class Http1ServerConnection
{
    private void ReportFailedHandshake()
    {
        FailedHandshake.Count(_facts, Tls!);
        Report(FailedHandshake.Record(Worker, _facts, FailedHandshake.Flags(Tls!.Failure), FailedHandshake.Details(Tls.Failure), Tls.FailureText));
    }

    private void ReportSlowHandshake()
    {
        _facts.Stats?.Add(ListenerStat.DownstreamCxTransportSocketConnectTimeout);
        Report(FailedHandshake.Record(Worker, _facts, ResponseFlags.DownstreamConnectionTermination, "transport_socket_timeout"u8, "The client did not finish the TLS handshake in time."));
    }

    private void Report(scoped in ConnectionRecord record)
    {
        _http.TelemetryOf(Worker).RecordLost(in record);
        Worker.Observer?.OnConnection(in record);
    }
}
