namespace Weft.Control.Discovery.Registry;

/// <summary>Which kind of configuration a service came from.</summary>
public enum ServiceOrigin
{
    /// <summary>A Kubernetes <c>Service</c>, from a cluster or a file.</summary>
    Kubernetes,

    /// <summary>One host of an Istio <c>ServiceEntry</c>.</summary>
    ServiceEntry,

    /// <summary>Implied by a Weft <c>Workload</c> that no Service selects.</summary>
    Workload,
}
