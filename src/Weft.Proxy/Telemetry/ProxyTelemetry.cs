using Weft.Proxy.Model;
using Weft.Proxy.Telemetry.AccessLogs;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// All telemetry of one proxy. Each worker counts in its own <see cref="WorkerTelemetry"/>, without locks; readers on other threads
/// sum over the workers when somebody asks.
/// </summary>
public sealed class ProxyTelemetry : IDisposable
{
    /// <summary>Bound for the series of one kind on one worker; see <see cref="SeriesTable"/> for what happens there.</summary>
    public const int DefaultSeriesCapacity = 4096;

    private readonly Lock _lock = new();
    private readonly Action<string> _log;
    private WorkerTelemetry[] _workers = [];
    private GlobalStat[] _globalStats;

    /// <param name="local">The workload that this proxy serves, from the node's metadata.</param>
    /// <param name="seriesCapacity">A power of two.</param>
    /// <param name="version">For <c>istio_build</c>.</param>
    /// <param name="log">Takes sentences for people: an access log that cannot be written.</param>
    public ProxyTelemetry(WorkloadLabels local, int seriesCapacity = DefaultSeriesCapacity, string version = "", Action<string>? log = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(System.Numerics.BitOperations.IsPow2(seriesCapacity), true, nameof(seriesCapacity));
        Local = local;
        SeriesCapacity = seriesCapacity;
        Version = version;
        _log = log ?? (static _ => { });
        LogOutputs = new LogOutputs(_log);
        _globalStats =
        [
            new GlobalStat("weft.series_overflowed", false, () => Workers.Sum(worker => worker.HttpSeries.Overflowed + worker.TcpSeries.Overflowed)),
            new GlobalStat("weft.access_log_dropped", false, () => LogOutputs.Dropped),
        ];
    }

    /// <summary>The workload that this proxy serves. Its principal is reported on mutual TLS; set it when the identity is known.</summary>
    public WorkloadLabels Local { get; set; }

    /// <summary>The workers' shares.</summary>
    public IReadOnlyList<WorkerTelemetry> Workers => Volatile.Read(ref _workers);

    /// <summary>The proxy's version.</summary>
    public string Version { get; }

    /// <summary>Statistics of the whole process.</summary>
    public IReadOnlyList<GlobalStat> GlobalStats => Volatile.Read(ref _globalStats);

    internal int SeriesCapacity { get; }

    internal LabelTable<WorkloadLabels> Workloads { get; } = new(WorkloadLabels.Unknown, WorkloadLabels.Overflow);

    internal LogOutputs LogOutputs { get; }

    internal LabelTable<ServiceLabels> Services { get; } = new(ServiceLabels.Unknown, ServiceLabels.Overflow);

    /// <summary>The share for one more worker. Call it before the worker starts.</summary>
    public WorkerTelemetry CreateWorker()
    {
        lock (_lock)
        {
            WorkerTelemetry worker = new(this);
            Volatile.Write(ref _workers, [.. _workers, worker]);
            return worker;
        }
    }

    /// <summary>Opens the access logs' files anew, after they were moved away.</summary>
    public void ReopenLogs() => LogOutputs.Reopen();

    /// <summary>Writes what the access logs still hold. Call it when the workers have ended.</summary>
    public void Dispose()
    {
        LogOutputs.Dispose();
        foreach (WorkerTelemetry worker in _workers)
        {
            worker.HttpSeries.Dispose();
            worker.TcpSeries.Dispose();
        }
    }

    /// <summary>The log's format, or null after saying why there is none; configuration is checked before, so that is an accident.</summary>
    internal LogFormat? CompileLog(AccessLogModel model)
    {
        try
        {
            return LogFormat.Of(model);
        }
        catch (FormatException e)
        {
            _log($"The access log {model.Path} is off: {e.Message}");
            return null;
        }
    }

    /// <summary>Adds a statistic of the whole process to <c>/stats</c> and <c>/stats/prometheus</c>.</summary>
    public void AddGlobalStat(GlobalStat stat)
    {
        lock (_lock)
            Volatile.Write(ref _globalStats, [.. _globalStats, stat]);
    }
}
