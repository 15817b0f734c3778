namespace Weft.Proxy.Telemetry;

/// <summary>A statistic of the whole process that is read when somebody asks, for example <c>server.uptime</c>.</summary>
/// <param name="Name">Envoy's name, with dots.</param>
/// <param name="IsGauge">False: it only grows.</param>
/// <param name="Read">Its value now; must be safe on any thread.</param>
public sealed record GlobalStat(string Name, bool IsGauge, Func<long> Read);
