using Weft.Policy.Resilience;
using Weft.Proxy.Model;

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

    /// <summary>Takes note of how a request ended.</summary>
    public void Report(OutlierHost host, OutlierOutcome outcome, long nowMs, Random random) => _detector.Report(host, outcome, nowMs, (uint)random.Next());

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
