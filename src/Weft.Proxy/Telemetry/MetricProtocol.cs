namespace Weft.Proxy.Telemetry;

/// <summary>Label <c>request_protocol</c>.</summary>
internal enum MetricProtocol : byte
{
    Http,
    Grpc,
    Tcp,
}
