namespace Weft.Control.Discovery.Registry;

/// <summary>One port of a service. <paramref name="TargetPort"/> is 0 when the workload's port has the same number or is only known by name.</summary>
/// <param name="Name">The port's name; empty for a Service with one unnamed port.</param>
/// <param name="Number">The port that clients use, 1..65535.</param>
/// <param name="Protocol">The declared protocol.</param>
/// <param name="TargetPort">The workload's port number, or 0.</param>
/// <param name="TargetPortName">The workload's port by name, or null.</param>
public sealed record PortModel(string Name, int Number, PortProtocol Protocol, int TargetPort = 0, string? TargetPortName = null);
