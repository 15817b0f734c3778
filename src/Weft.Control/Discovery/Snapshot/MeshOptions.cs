using Weft.Control.Discovery.Policies;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>What the host process decides about the mesh; everything else comes from resources.</summary>
public sealed record MeshOptions
{
    /// <summary>The suffix of mesh host names.</summary>
    public string DomainSuffix { get; init; } = "cluster.local";

    /// <summary>Mutual TLS on inbound ports without a PeerAuthentication: Strict for a local mesh, Permissive as in Istio otherwise.</summary>
    public MutualTlsMode DefaultMtlsMode { get; init; } = MutualTlsMode.Permissive;

    /// <summary>Istio's defaults, for offline use: <c>weft proxy-config --from</c>.</summary>
    public static MeshOptions Istio { get; } = new();

    /// <summary>The local mesh of <c>weft up</c>: mutual TLS between services from the first second.</summary>
    public static MeshOptions Local { get; } = new() { DefaultMtlsMode = MutualTlsMode.Strict };
}
