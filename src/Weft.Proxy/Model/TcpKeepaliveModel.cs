namespace Weft.Proxy.Model;

/// <summary>TCP keep-alive towards endpoints; null leaves the kernel's setting.</summary>
public sealed record TcpKeepaliveModel(int? Probes, int? TimeSeconds, int? IntervalSeconds);
