namespace Weft.Proxy.Model;

/// <summary>Which way a listener's traffic flows, seen from the workload (<c>envoy.config.core.v3.TrafficDirection</c>).</summary>
public enum TrafficDirection : byte
{
    Unspecified,
    Inbound,
    Outbound,
}
