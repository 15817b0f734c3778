namespace Weft.Proxy.Telemetry;

/// <summary>
/// Why an exchange or connection ended as it did, with Envoy's meanings (<c>%RESPONSE_FLAGS%</c>, label <c>response_flags</c>).
/// <see cref="ResponseFlagNames"/> has the short names.
/// </summary>
[Flags]
public enum ResponseFlags : uint
{
    None = 0,

    /// <summary>LH: the local service failed its health check.</summary>
    FailedLocalHealthCheck = 1 << 0,

    /// <summary>UH: no healthy endpoint in the cluster.</summary>
    NoHealthyUpstream = 1 << 1,

    /// <summary>UT: the route's timeout or a per-try timeout passed.</summary>
    UpstreamRequestTimeout = 1 << 2,

    /// <summary>LR: reset by this proxy.</summary>
    LocalReset = 1 << 3,

    /// <summary>UR: reset by the upstream.</summary>
    UpstreamRemoteReset = 1 << 4,

    /// <summary>UF: connecting failed.</summary>
    UpstreamConnectionFailure = 1 << 5,

    /// <summary>UC: the upstream connection ended.</summary>
    UpstreamConnectionTermination = 1 << 6,

    /// <summary>UO: a circuit breaker was open.</summary>
    UpstreamOverflow = 1 << 7,

    /// <summary>NR: no route, or no filter chain for the connection.</summary>
    NoRouteFound = 1 << 8,

    /// <summary>DI: a fault filter delayed it.</summary>
    DelayInjected = 1 << 9,

    /// <summary>FI: a fault filter aborted it.</summary>
    FaultInjected = 1 << 10,

    /// <summary>RL: rate limited.</summary>
    RateLimited = 1 << 11,

    /// <summary>UAEX: denied by external authorisation.</summary>
    UnauthorizedExternalService = 1 << 12,

    /// <summary>RLSE: the rate limit service failed.</summary>
    RateLimitServiceError = 1 << 13,

    /// <summary>DC: the client went away.</summary>
    DownstreamConnectionTermination = 1 << 14,

    /// <summary>URX: retries (or TCP connect attempts) used up.</summary>
    UpstreamRetryLimitExceeded = 1 << 15,

    /// <summary>SI: stream idle timeout.</summary>
    StreamIdleTimeout = 1 << 16,

    /// <summary>IH: a checked header was invalid.</summary>
    InvalidEnvoyRequestHeaders = 1 << 17,

    /// <summary>DPE: the client broke the protocol.</summary>
    DownstreamProtocolError = 1 << 18,

    /// <summary>UMSDR: the upstream maximum stream duration was reached.</summary>
    UpstreamMaxStreamDurationReached = 1 << 19,

    /// <summary>RFCF: served from a cache.</summary>
    ResponseFromCacheFilter = 1 << 20,

    /// <summary>NFCF: no filter configuration arrived in time.</summary>
    NoFilterConfigFound = 1 << 21,

    /// <summary>DT: the connection or stream reached its maximum duration.</summary>
    DurationTimeout = 1 << 22,

    /// <summary>UPE: the upstream broke the protocol.</summary>
    UpstreamProtocolError = 1 << 23,

    /// <summary>NC: the cluster is unknown.</summary>
    NoClusterFound = 1 << 24,

    /// <summary>OM: refused by the overload manager.</summary>
    OverloadManager = 1 << 25,

    /// <summary>DF: name resolution failed.</summary>
    DnsResolutionFailed = 1 << 26,

    /// <summary>DO: dropped by a load assignment's drop rule.</summary>
    DropOverload = 1 << 27,

    /// <summary>DR: reset by the client.</summary>
    DownstreamRemoteReset = 1 << 28,

    /// <summary>UDO: dropped without condition.</summary>
    UnconditionalDropOverload = 1 << 29,
}
