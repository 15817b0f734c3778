using Weft.Proxy.Telemetry.AccessLogs;

namespace Weft.Proxy.Telemetry;

/// <summary>Telemetry of one listener on one worker for connections that no filter chain took, or that could not be handed to theirs.</summary>
public sealed class UnmatchedTelemetry
{
    private readonly WorkerTelemetry _worker;
    private readonly StatBlock<ListenerStat> _stats;
    private readonly AccessLog[] _logs;

    internal UnmatchedTelemetry(WorkerTelemetry worker, StatBlock<ListenerStat> stats, AccessLog[] logs)
    {
        _worker = worker;
        _stats = stats;
        _logs = logs;
    }

    /// <summary>Counts and logs the end of such a connection.</summary>
    public void Close(in ConnectionRecord connection)
    {
        _stats.Add(ListenerStat.NoFilterChainMatch);
        Log(in connection);
    }

    /// <summary>Logs the end of a connection whose chain has no certificate yet.</summary>
    public void Log(in ConnectionRecord connection)
    {
        if (_logs.Length > 0) _worker.Log(_logs, new LogFacts(in connection));
    }
}
