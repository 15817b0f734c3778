namespace Weft.Proxy.Telemetry;

/// <summary>Where the standard HTTP metrics lie in the cells of a series.</summary>
internal static class HttpSeriesCells
{
    /// <summary><c>istio_requests_total</c>.</summary>
    public const int Requests = 0;

    /// <summary><c>istio_request_duration_milliseconds</c>; its sum is in microseconds.</summary>
    public const int Duration = 1;

    /// <summary><c>istio_request_bytes</c>.</summary>
    public const int RequestBytes = Duration + HistogramCells.Count;

    /// <summary><c>istio_response_bytes</c>.</summary>
    public const int ResponseBytes = RequestBytes + HistogramCells.Count;

    /// <summary><c>istio_request_messages_total</c>; gRPC only.</summary>
    public const int RequestMessages = ResponseBytes + HistogramCells.Count;

    /// <summary><c>istio_response_messages_total</c>; gRPC only.</summary>
    public const int ResponseMessages = RequestMessages + 1;

    public const int Stride = ResponseMessages + 1;
}
