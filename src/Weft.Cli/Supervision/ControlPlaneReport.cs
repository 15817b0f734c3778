namespace Weft.Cli.Supervision;

/// <summary>The control plane's process.</summary>
public sealed record ControlPlaneReport(string Address, bool Ready, int? ProcessId, int Restarts);
