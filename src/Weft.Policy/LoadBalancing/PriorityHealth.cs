namespace Weft.Policy.LoadBalancing;

/// <summary>How many endpoints of one priority can be used.</summary>
/// <param name="Total">All endpoints, without those left out of account.</param>
/// <param name="Healthy">The healthy ones that are not ejected.</param>
/// <param name="Degraded">Those that are to be used only when the healthy ones do not suffice.</param>
public readonly record struct PriorityHealth(int Total, int Healthy, int Degraded);
