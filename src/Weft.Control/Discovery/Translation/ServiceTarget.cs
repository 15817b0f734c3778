using Weft.Control.Discovery.Registry;

namespace Weft.Control.Discovery.Translation;

/// <summary>A service port that a proxy's own workload serves.</summary>
/// <param name="Service">The service.</param>
/// <param name="Port">Its port.</param>
/// <param name="TargetPort">The port where the proxy accepts for it: the inbound listener's.</param>
/// <param name="ApplicationPort">The application's port on 127.0.0.1, or 0 when it is the same as the target port.</param>
public sealed record ServiceTarget(ServiceModel Service, PortModel Port, int TargetPort, int ApplicationPort);
