namespace Weft.Policy.LoadBalancing;

/// <summary>The load of one priority, in percent of all.</summary>
/// <param name="HealthyPercent">What its healthy endpoints get; in panic, what all its endpoints get.</param>
/// <param name="DegradedPercent">What its degraded endpoints get.</param>
/// <param name="Panic">Whether so few endpoints are healthy that health is no longer looked at.</param>
public readonly record struct PriorityShare(int HealthyPercent, int DegradedPercent, bool Panic);
