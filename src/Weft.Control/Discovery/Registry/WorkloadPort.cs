namespace Weft.Control.Discovery.Registry;

/// <summary>One port of a registered process.</summary>
/// <param name="Name">The port's name as in the Workload, e.g. <c>http</c>.</param>
/// <param name="Port">The port that clients use (the service port when no Service says otherwise).</param>
/// <param name="InboundPort">The port on the workload's address where its proxy accepts.</param>
/// <param name="ApplicationPort">The port on 127.0.0.1 (or in its namespace) where the application listens.</param>
/// <param name="Protocol">Istio's protocol word, or null to go by the name.</param>
public sealed record WorkloadPort(string Name, int Port, int InboundPort, int ApplicationPort, string? Protocol = null);
