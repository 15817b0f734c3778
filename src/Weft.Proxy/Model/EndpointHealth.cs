namespace Weft.Proxy.Model;

/// <summary>The health that discovery reports for an endpoint.</summary>
public enum EndpointHealth : byte
{
    Unknown,
    Healthy,
    Unhealthy,
    Draining,
    Timeout,
    Degraded,
}
