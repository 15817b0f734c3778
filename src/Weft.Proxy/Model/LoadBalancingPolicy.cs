namespace Weft.Proxy.Model;

/// <summary>How an endpoint is chosen.</summary>
public enum LoadBalancingPolicy : byte
{
    RoundRobin,
    LeastRequest,
    Random,
    RingHash,
    Maglev,

    /// <summary>Only for original-destination clusters.</summary>
    ClusterProvided,
}
