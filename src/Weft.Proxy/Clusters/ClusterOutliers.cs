using Weft.Policy.Resilience;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Clusters;

/// <summary>
/// Outlier detection of one cluster, shared by the workers: they report without a lock and compare a number to learn that an endpoint was ejected
/// or let back in. What is remembered of an endpoint stays as long as the endpoint does, through pushes of configuration.
/// </summary>
internal sealed class ClusterOutliers
{
    /// <summary>Ticks missed while no request came; more of them change nothing.</summary>
    private const int MostTicks = 32;

    private readonly Lock _lock = new();
    private readonly OutlierDetector _detector = new(new OutlierSettings());
    private Dictionary<NetworkAddress, OutlierHost> _hosts = [];
    private OutlierDetectionModel? _model;
    private EndpointSetModel? _endpoints;
    private long _intervalMs = 10_000;
    private long _nextTickMs;
    private int _counted;

    /// <summary>Takes over the configuration and the endpoints that a worker goes by.</summary>
    public void Update(OutlierDetectionModel model, EndpointSetModel endpoints)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(model, _model))
            {
                _model = model;
                _detector.Settings = Settings(model);
                Volatile.Write(ref _intervalMs, Math.Max(1, (long)model.Interval.TotalMilliseconds));
            }

            if (ReferenceEquals(endpoints, _endpoints)) return;
            _endpoints = endpoints;
            var hosts = new Dictionary<NetworkAddress, OutlierHost>();
            foreach (EndpointModel endpoint in endpoints.Localities.SelectMany(static locality => locality.Endpoints))
                hosts[endpoint.Address] = _hosts.GetValueOrDefault(endpoint.Address) ?? new OutlierHost();
            _hosts = hosts;
            _detector.SetHosts([.. hosts.Values]);
        }
    }

    /// <summary>What is remembered of an endpoint, or null when it is not one of the cluster's.</summary>
    public OutlierHost? Find(NetworkAddress address)
    {
        lock (_lock) return _hosts.GetValueOrDefault(address);
    }

    /// <summary>A number that changes with every ejection and return. Intervals that have passed are judged first.</summary>
    public int VersionAt(long nowMs)
    {
        long due = Volatile.Read(ref _nextTickMs);
        if (nowMs >= due)
        {
            long interval = Volatile.Read(ref _intervalMs);
            if (Interlocked.CompareExchange(ref _nextTickMs, nowMs + interval, due) == due)
            {
                long ticks = due == 0 ? 1 : Math.Min(MostTicks, 1 + (nowMs - due) / interval);
                for (long i = 0; i < ticks; i++) _detector.Tick(nowMs);
            }
        }

        return _detector.Version;
    }

    /// <summary>Takes note of how a request ended, and counts what came of it on the worker that saw it.</summary>
    public void Report(OutlierHost host, OutlierOutcome outcome, long nowMs, Random random, StatBlock<ClusterStat> stats)
    {
        OutlierEvents events = _detector.Judge(host, outcome, nowMs, (uint)random.Next());
        if (events == OutlierEvents.None) return;
        bool ejected = (events & OutlierEvents.Ejected) != 0;
        if ((events & OutlierEvents.ServerError) != 0) stats.Add(ClusterStat.OutlierDetectionEjectionsDetectedConsecutive5xx);
        if ((events & OutlierEvents.GatewayFailure) != 0) stats.Add(ClusterStat.OutlierDetectionEjectionsDetectedConsecutiveGatewayFailure);
        if ((events & OutlierEvents.LocalOriginFailure) != 0) stats.Add(ClusterStat.OutlierDetectionEjectionsDetectedConsecutiveLocalOriginFailure);
        if ((events & OutlierEvents.Overflow) != 0) stats.Add(ClusterStat.OutlierDetectionEjectionsOverflow);
        if (!ejected) return;
        stats.Add(ClusterStat.OutlierDetectionEjectionsEnforcedTotal);
        // Of two reasons at once, the one that is judged first has done it.
        stats.Add((events & OutlierEvents.GatewayFailure) != 0 && _detector.Settings.EnforcingGatewayFailurePercent > 0
            ? ClusterStat.OutlierDetectionEjectionsEnforcedConsecutiveGatewayFailure
            : (events & OutlierEvents.LocalOriginFailure) != 0
                ? ClusterStat.OutlierDetectionEjectionsEnforcedConsecutiveLocalOriginFailure
                : ClusterStat.OutlierDetectionEjectionsEnforcedConsecutive5xx);
        CountActive(stats);
    }

    /// <summary>Brings the gauge of ejected endpoints up to date; the worker that saw a change adds the difference.</summary>
    public void CountActive(StatBlock<ClusterStat> stats)
    {
        lock (_lock)
        {
            int now = _detector.Ejected;
            if (now == _counted) return;
            stats.Add(ClusterStat.OutlierDetectionEjectionsActive, now - _counted);
            _counted = now;
        }
    }

    private static OutlierSettings Settings(OutlierDetectionModel model) => new()
    {
        Consecutive5xx = model.Consecutive5xx,
        Enforcing5xxPercent = model.EnforcingConsecutive5xxPercent,
        ConsecutiveGatewayFailure = model.ConsecutiveGatewayFailure,
        EnforcingGatewayFailurePercent = model.EnforcingConsecutiveGatewayFailurePercent,
        ConsecutiveLocalOriginFailure = model.ConsecutiveLocalOriginFailure,
        SplitLocalOriginErrors = model.SplitExternalLocalOriginErrors,
        BaseEjectionTime = model.BaseEjectionTime,
        MaxEjectionTime = model.MaxEjectionTime,
        MaxEjectionPercent = model.MaxEjectionPercent,
    };
}
