namespace Weft.Cli.Supervision;

/// <summary>One proxy that was to be replaced by a new process, as <c>weft restart</c> shows it.</summary>
/// <param name="Namespace">The workload's namespace.</param>
/// <param name="Name">The workload.</param>
/// <param name="OldProcessId">The process that served before; null when the proxy was not replaced.</param>
/// <param name="NewProcessId">The process that serves now; null when the proxy was not replaced.</param>
/// <param name="Seconds">From the start of the new process to its taking over.</param>
/// <param name="Error">Why the proxy was not replaced; null when it was.</param>
public sealed record ProxyReplacement(string Namespace, string Name, int? OldProcessId, int? NewProcessId, double Seconds, string? Error);
