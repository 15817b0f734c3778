namespace Weft.Cli.Supervision;

/// <summary>How to see that a program serves: GET <paramref name="Path"/> answers 200…399, or without a path, the port accepts.</summary>
/// <param name="Path">Path and query, or null.</param>
/// <param name="Port">An application port; 0 is the first port's.</param>
/// <param name="Interval">Between two checks once it is ready.</param>
/// <param name="Timeout">For one check.</param>
public sealed record HealthDefinition(string? Path, int Port, TimeSpan Interval, TimeSpan Timeout)
{
    /// <summary>For a workload that says nothing: the first port accepts.</summary>
    public static HealthDefinition Default { get; } = new(null, 0, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2));
}
