namespace Weft.Control.Discovery.Registry;

/// <summary>How a proxy finds a service's endpoints; it decides the type of the xDS cluster.</summary>
public enum ServiceResolution
{
    /// <summary>Endpoints come from the control plane (EDS).</summary>
    Endpoints,

    /// <summary>The proxy resolves each endpoint's name and uses every address (STRICT_DNS).</summary>
    Dns,

    /// <summary>The proxy resolves one name and uses the first address of each answer (LOGICAL_DNS).</summary>
    DnsRoundRobin,

    /// <summary>The connection goes where the client sent it (ORIGINAL_DST): headless services and ServiceEntry NONE.</summary>
    Passthrough,
}
