namespace Weft.Proxy.Telemetry;

/// <summary>
/// Counters of one route that has a <c>stat_prefix</c>, on one worker, with Envoy's meanings, under <c>vhost.HOST.route.PREFIX.</c>; see
/// <see cref="ClusterStat"/> for the names. They count attempts: a request that was tried twice counts twice.
/// </summary>
public enum RouteStat
{
    UpstreamRqTotal,
    UpstreamRqCompleted,
    UpstreamRq1xx,
    UpstreamRq2xx,
    UpstreamRq3xx,
    UpstreamRq4xx,
    UpstreamRq5xx,
    UpstreamRqRetry,
    UpstreamRqRetryOverflow,
    UpstreamRqRetryLimitExceeded,
    UpstreamRqTimeout,
}
