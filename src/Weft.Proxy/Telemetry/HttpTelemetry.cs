using Weft.Proxy.Telemetry.AccessLogs;
using Weft.Wire.Http;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// Telemetry of one HTTP connection manager on one worker: <see cref="Record"/> takes each finished exchange and counts it in
/// Istio's standard metrics and the connection manager's statistics. Allocates only when labels are seen for the first time.
/// </summary>
public sealed class HttpTelemetry
{
    private readonly WorkerTelemetry _worker;
    private readonly bool _atDestination;
    private readonly AccessLog[] _logs;

    internal HttpTelemetry(WorkerTelemetry worker, bool atDestination, StatBlock<HttpStat> stats, AccessLog[] logs)
    {
        _logs = logs;
        LoggedHeaders = [.. logs.SelectMany(static log => log.Format.ResponseHeaders).DistinctBy(static name => name.ToString())];
        LoggedTrailers = [.. logs.SelectMany(static log => log.Format.Trailers).DistinctBy(static name => name.ToString())];
        _worker = worker;
        _atDestination = atDestination;
        Stats = stats;
    }

    /// <summary>The connection manager's counters on this worker. The engine counts connections; requests are counted by <see cref="Record"/>.</summary>
    public StatBlock<HttpStat> Stats { get; }

    /// <summary>The response headers that access logs print, which the engine keeps until the end.</summary>
    internal HeaderName[] LoggedHeaders { get; }

    /// <summary>The response trailers that access logs print.</summary>
    internal HeaderName[] LoggedTrailers { get; }

    /// <summary>Counts and logs one exchange. On the worker's thread.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="isServedElsewhere">True for a CONNECT that ends here: Istio's metrics count what it carries, not the CONNECT.</param>
    public void Record(in ExchangeRecord exchange, bool isServedElsewhere = false)
    {
        Stats.Add(HttpStat.DownstreamRqTotal);
        Stats.Add(HttpStat.DownstreamRqCompleted);
        if (exchange.Status is >= 100 and < 600)
            Stats.Add(HttpStat.DownstreamRq1xx + (exchange.Status / 100 - 1));
        if (!isServedElsewhere) CountSeries(in exchange);
        if (_logs.Length > 0) _worker.Log(_logs, new LogFacts(in exchange));
    }

    /// <summary>Logs a connection that ended before any request could be read from it.</summary>
    public void RecordLost(in ConnectionRecord connection)
    {
        if (_logs.Length > 0) _worker.Log(_logs, new LogFacts(in connection));
    }

    private unsafe void CountSeries(in ExchangeRecord exchange)
    {
        SeriesKey key = SeriesKey.Create(
            exchange.Cluster?.ServiceId ?? LabelTable<ServiceLabels>.UnknownId,
            (_atDestination ? exchange.DownstreamPeer : exchange.UpstreamPeer).Id,
            exchange.Flags,
            exchange.Status,
            _atDestination,
            exchange.IsGrpc ? MetricProtocol.Grpc : MetricProtocol.Http,
            Security(_atDestination, exchange.DownstreamMutualTls),
            exchange.IsGrpc ? exchange.GrpcStatus : -1);
        long* cells = _worker.HttpSeries.Find(key, (exchange.StartUnixMicroseconds + exchange.DurationMicroseconds) / 1_000_000);
        cells[HttpSeriesCells.Requests]++;
        cells[HttpSeriesCells.RequestMessages] += exchange.RequestMessages;
        cells[HttpSeriesCells.ResponseMessages] += exchange.ResponseMessages;
        HistogramCells.Add(cells + HttpSeriesCells.Duration, exchange.DurationMicroseconds / 100, exchange.DurationMicroseconds);
        HistogramCells.Add(cells + HttpSeriesCells.RequestBytes, exchange.RequestBodyBytes * 10, exchange.RequestBodyBytes);
        HistogramCells.Add(cells + HttpSeriesCells.ResponseBytes, exchange.ResponseBodyBytes * 10, exchange.ResponseBodyBytes);
    }

    internal static ConnectionSecurity Security(bool atDestination, bool mutualTls) =>
        !atDestination ? ConnectionSecurity.Unknown : mutualTls ? ConnectionSecurity.MutualTls : ConnectionSecurity.None;
}
