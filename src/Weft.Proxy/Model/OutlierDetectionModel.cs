namespace Weft.Proxy.Model;

/// <summary>When an endpoint is taken out of rotation for its answers (<c>envoy.config.cluster.v3.OutlierDetection</c>).</summary>
public sealed class OutlierDetectionModel
{
    public uint Consecutive5xx { get; init; } = 5;

    public uint EnforcingConsecutive5xxPercent { get; init; } = 100;

    public uint ConsecutiveGatewayFailure { get; init; } = 5;

    public uint EnforcingConsecutiveGatewayFailurePercent { get; init; }

    public uint ConsecutiveLocalOriginFailure { get; init; } = 5;

    public bool SplitExternalLocalOriginErrors { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan BaseEjectionTime { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan MaxEjectionTime { get; init; } = TimeSpan.FromSeconds(300);

    public uint MaxEjectionPercent { get; init; } = 10;
}
