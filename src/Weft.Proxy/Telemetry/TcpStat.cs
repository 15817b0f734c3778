namespace Weft.Proxy.Telemetry;

/// <summary>Counters and gauges of one TCP proxy on one worker, with Envoy's meanings, under <c>tcp.PREFIX.</c>.</summary>
public enum TcpStat
{
    DownstreamCxTotal,
    DownstreamCxActive,
    DownstreamCxNoRoute,
    DownstreamCxRxBytesTotal,
    DownstreamCxTxBytesTotal,
    IdleTimeout,
    MaxDownstreamConnectionDuration,
}
