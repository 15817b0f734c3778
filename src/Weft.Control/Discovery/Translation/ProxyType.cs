namespace Weft.Control.Discovery.Translation;

/// <summary>What a proxy is for: the first part of its node id.</summary>
public enum ProxyType
{
    /// <summary>Beside one workload.</summary>
    Sidecar,

    /// <summary>A gateway at the edge of the mesh.</summary>
    Router,
}
