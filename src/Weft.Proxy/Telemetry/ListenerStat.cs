namespace Weft.Proxy.Telemetry;

/// <summary>Counters and gauges of one listener on one worker, with Envoy's meanings; see <see cref="ClusterStat"/> for the names.</summary>
public enum ListenerStat
{
    DownstreamCxTotal,
    DownstreamCxActive,
    DownstreamCxDestroy,
    DownstreamCxOverflow,
    DownstreamGlobalCxOverflow,
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
}
