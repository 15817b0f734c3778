namespace Weft.Proxy.Telemetry;

/// <summary>Counters and gauges of one listener on one worker, with Envoy's meanings; see <see cref="ClusterStat"/> for the names.</summary>
public enum ListenerStat
{
    DownstreamCxTotal,
    DownstreamCxActive,
    DownstreamCxDestroy,
    DownstreamCxOverflow,
    DownstreamGlobalCxOverflow,
    DownstreamCxOverloadReject,
    DownstreamPreCxTimeout,
    DownstreamPreCxActive,
    DownstreamListenerFilterError,
    DownstreamListenerFilterRemoteClose,
    NoFilterChainMatch,
    SslHandshake,
    SslSessionReused,
    SslConnectionError,
    SslNoCertificate,
    SslFailVerifyNoCert,
    SslFailVerifyError,
    SslFailVerifySan,
    SslFailVerifyCertHash,
    SslOcspStapleRequests,
    SslOcspStapleResponses,
    SslOcspStapleOmitted,
    SslOcspStapleFailed,
    DownstreamCxTransportSocketConnectTimeout,

    /// <summary>Destinations that were found to have a server that speaks first, after a connection waited for its client in vain; Weft's own.</summary>
    ServerFirstLearned,

    /// <summary>Connections that did not wait for their clients' first bytes because of that; Weft's own.</summary>
    ServerFirstNotAwaited,

    /// <summary>Connections that were taken for another protocol after the wait and turned out to be HTTP or TLS before the server spoke; Weft's own.</summary>
    DetectedLate,
}
