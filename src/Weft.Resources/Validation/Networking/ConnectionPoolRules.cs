using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for connection pools and outlier detection.</summary>
internal static class ConnectionPoolRules
{
    public static void Check(Scope at, ConnectionPoolSettings pool)
    {
        if (pool.Tcp is null && pool.Http is null)
            at.Report(ValueDiagnostics.EmptyBlock, "says nothing.", "Set tcp, http or both.");
        if (pool.Tcp is { } tcp)
            Tcp(at["tcp"], tcp);
        if (pool.Http is { } http)
            Http(at["http"], http);
    }

    public static void Keepalive(Scope at, ConnectionPoolSettings.Types.TCPSettings.Types.TcpKeepalive keepalive)
    {
        ValueRules.Duration(at["time"], keepalive.Time);
        ValueRules.Duration(at["interval"], keepalive.Interval);
    }

    public static void Outliers(Scope at, OutlierDetection outliers)
    {
        ValueRules.Deprecated(at["consecutiveErrors"], outliers.ConsecutiveErrors != 0, "consecutive5xxErrors");
        ValueRules.NotNegative(at["consecutiveErrors"], outliers.ConsecutiveErrors);
        ValueRules.Duration(at["interval"], outliers.Interval);
        ValueRules.Duration(at["baseEjectionTime"], outliers.BaseEjectionTime);
        ValueRules.Range(at["maxEjectionPercent"], outliers.MaxEjectionPercent, 0, 100);
        ValueRules.Range(at["minHealthPercent"], outliers.MinHealthPercent, 0, 100);
        if (outliers.ConsecutiveLocalOriginFailures is > 0 && !outliers.SplitExternalLocalOriginErrors)
            at["consecutiveLocalOriginFailures"].Report(ValueDiagnostics.NotAllowed, "needs splitExternalLocalOriginErrors: true.", "Set it, or remove this field.");
        for (int i = 0; i < outliers.OutlierDetectionHttpErrorCodes.Count; i++)
            ValueRules.Range(at["outlierDetectionHttpErrorCodes"][i], outliers.OutlierDetectionHttpErrorCodes[i], 100, 599);
    }

    private static void Tcp(Scope at, ConnectionPoolSettings.Types.TCPSettings tcp)
    {
        ValueRules.NotNegative(at["maxConnections"], tcp.MaxConnections);
        ValueRules.Duration(at["connectTimeout"], tcp.ConnectTimeout);
        ValueRules.Duration(at["maxConnectionDuration"], tcp.MaxConnectionDuration);
        ValueRules.DurationOrZero(at["idleTimeout"], tcp.IdleTimeout);
        if (tcp.TcpKeepalive is { } keepalive)
            Keepalive(at["tcpKeepalive"], keepalive);
    }

    private static void Http(Scope at, ConnectionPoolSettings.Types.HTTPSettings http)
    {
        ValueRules.NotNegative(at["http1MaxPendingRequests"], http.Http1MaxPendingRequests);
        ValueRules.NotNegative(at["http2MaxRequests"], http.Http2MaxRequests);
        ValueRules.NotNegative(at["maxRequestsPerConnection"], http.MaxRequestsPerConnection);
        ValueRules.NotNegative(at["maxRetries"], http.MaxRetries);
        ValueRules.NotNegative(at["maxConcurrentStreams"], http.MaxConcurrentStreams);
        ValueRules.DurationOrZero(at["idleTimeout"], http.IdleTimeout);
        if (http.UseClientProtocol && http.H2UpgradePolicy == ConnectionPoolSettings.Types.HTTPSettings.Types.H2UpgradePolicy.Upgrade)
            at["h2UpgradePolicy"].Report(ValueDiagnostics.Exclusive, "cannot be UPGRADE together with useClientProtocol.", "Keep one of them.");
        if (http.Http2KeepAlive is not { } keepAlive)
            return;
        foreach ((string field, Google.Protobuf.WellKnownTypes.Duration? value) in new[] { ("interval", keepAlive.Interval), ("timeout", keepAlive.Timeout) })
        {
            if (value is null)
                at["http2KeepAlive"][field].Report(ValueDiagnostics.Required, "is required.", $"Write {field}: 10s.");
            ValueRules.Duration(at["http2KeepAlive"][field], value);
        }
    }
}
