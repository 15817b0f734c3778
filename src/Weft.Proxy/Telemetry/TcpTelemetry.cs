using Weft.Proxy.Telemetry.AccessLogs;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// Telemetry of one TCP proxy on one worker. The engine calls <see cref="Open"/> when the upstream is connected (or will never be),
/// <see cref="Move"/> at will while bytes flow, and <see cref="Close"/> at the end.
/// </summary>
public sealed class TcpTelemetry
{
    private readonly WorkerTelemetry _worker;
    private readonly bool _atDestination;
    private readonly AccessLog[] _logs;

    internal TcpTelemetry(WorkerTelemetry worker, bool atDestination, StatBlock<TcpStat> stats, AccessLog[] logs)
    {
        _logs = logs;
        _worker = worker;
        _atDestination = atDestination;
        Stats = stats;
    }

    /// <summary>The TCP proxy's counters on this worker.</summary>
    public StatBlock<TcpStat> Stats { get; }

    /// <summary>Counts the connection as opened. Flags are not yet part of the labels.</summary>
    public unsafe void Open(in ConnectionRecord connection) => Find(in connection, ResponseFlags.None)[TcpSeriesCells.Opened]++;

    /// <summary>Counts bytes of a long-lived connection before it ends; <see cref="Close"/> is told of them.</summary>
    public unsafe void Move(in ConnectionRecord connection, long sentBytes, long receivedBytes)
    {
        long* cells = Find(in connection, ResponseFlags.None);
        cells[TcpSeriesCells.Sent] += sentBytes;
        cells[TcpSeriesCells.Received] += receivedBytes;
    }

    /// <summary>Counts the end of a connection, and logs it.</summary>
    /// <param name="connection">With all bytes of the connection.</param>
    /// <param name="movedSentBytes">What <see cref="Move"/> counted of them.</param>
    /// <param name="movedReceivedBytes">What <see cref="Move"/> counted of them.</param>
    public unsafe void Close(in ConnectionRecord connection, long movedSentBytes = 0, long movedReceivedBytes = 0)
    {
        long* cells = Find(in connection, connection.Flags);
        cells[TcpSeriesCells.Closed]++;
        cells[TcpSeriesCells.Sent] += connection.SentBytes - movedSentBytes;
        cells[TcpSeriesCells.Received] += connection.ReceivedBytes - movedReceivedBytes;
        Stats.Add(TcpStat.DownstreamCxTxBytesTotal, connection.SentBytes);
        Stats.Add(TcpStat.DownstreamCxRxBytesTotal, connection.ReceivedBytes);
        if (_logs.Length > 0) _worker.Log(_logs, new LogFacts(in connection));
    }

    private unsafe long* Find(in ConnectionRecord connection, ResponseFlags flags) => _worker.TcpSeries.Find(
        SeriesKey.Create(
            connection.Cluster?.ServiceId ?? LabelTable<ServiceLabels>.UnknownId,
            (_atDestination ? connection.DownstreamPeer : connection.UpstreamPeer).Id,
            flags,
            0,
            _atDestination,
            MetricProtocol.Tcp,
            HttpTelemetry.Security(_atDestination, connection.DownstreamMutualTls),
            -1),
        (connection.StartUnixMicroseconds + connection.DurationMicroseconds) / 1_000_000);
}
