namespace Weft.Policy.Resilience;

/// <summary>When an endpoint is taken out of rotation for how it answers, and for how long (Envoy's OutlierDetection, the consecutive kinds). Immutable.</summary>
public sealed record OutlierSettings
{
    /// <summary>5xx answers in a row that eject; 0 for never.</summary>
    public uint Consecutive5xx { get; init; } = 5;

    /// <summary>The share of those events that really eject.</summary>
    public uint Enforcing5xxPercent { get; init; } = 100;

    /// <summary>502, 503 and 504 answers in a row that eject; 0 for never.</summary>
    public uint ConsecutiveGatewayFailure { get; init; } = 5;

    /// <summary>The share of those events that really eject.</summary>
    public uint EnforcingGatewayFailurePercent { get; init; }

    /// <summary>Failures without an answer in a row that eject when they are <see cref="SplitLocalOriginErrors">counted apart</see>; 0 for never.</summary>
    public uint ConsecutiveLocalOriginFailure { get; init; } = 5;

    /// <summary>The share of those events that really eject.</summary>
    public uint EnforcingLocalOriginFailurePercent { get; init; } = 100;

    /// <summary>Whether failures without an answer are counted apart instead of as 5xx.</summary>
    public bool SplitLocalOriginErrors { get; init; }

    /// <summary>How long the first ejection lasts; each further one lasts that much longer.</summary>
    public TimeSpan BaseEjectionTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest ejection.</summary>
    public TimeSpan MaxEjectionTime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>The share of a cluster's endpoints that may be out at a time.</summary>
    public uint MaxEjectionPercent { get; init; } = 10;
}
