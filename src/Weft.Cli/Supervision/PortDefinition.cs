namespace Weft.Cli.Supervision;

/// <summary>One port of a workload.</summary>
/// <param name="Name">The port's name, whose prefix tells the protocol.</param>
/// <param name="Port">The port that others use.</param>
/// <param name="AppPort">Where the program listens; 0 lets the supervisor choose and tell the program by PORT.</param>
/// <param name="Protocol">Istio's protocol word, or null to go by the name.</param>
public sealed record PortDefinition(string Name, int Port, int AppPort = 0, string? Protocol = null);
