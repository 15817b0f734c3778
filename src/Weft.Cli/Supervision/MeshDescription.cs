namespace Weft.Cli.Supervision;

/// <summary>Which mesh runs with a state directory.</summary>
/// <param name="ProcessId">The supervisor.</param>
/// <param name="Directory">Where its YAML is.</param>
/// <param name="StartedAt">Since when.</param>
/// <param name="ControlAddress">The control plane's address.</param>
public sealed record MeshDescription(int ProcessId, string Directory, DateTimeOffset StartedAt, string ControlAddress);
