using Weft.Control.Discovery.Serving;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Hosting;

/// <summary>Settings of one control plane process. Port 0 takes a free port.</summary>
public sealed record ControlPlaneOptions
{
    /// <summary>The watched directory of configuration.</summary>
    public required string Directory { get; init; }

    /// <summary>The authority's files and the token key; made when missing, readable by the owner only.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The Unix socket of the local API.</summary>
    public required string AdminSocket { get; init; }

    /// <summary>Registrations that a supervisor keeps as files (one JSON object each), read before anything is served; null for none.</summary>
    public string? RegistrationsDirectory { get; init; }

    /// <summary>Where xDS and the authority listen: a loopback address.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>xDS in the clear.</summary>
    public int DiscoveryPort { get; init; } = 15010;

    /// <summary>xDS and certificates over TLS.</summary>
    public int SecurePort { get; init; } = 15012;

    /// <summary>How long a workload's token is good.</summary>
    public TimeSpan TokenLife { get; init; } = TimeSpan.FromDays(30);

    public MeshOptions Mesh { get; init; } = MeshOptions.Local;

    public ServingOptions Serving { get; init; } = ServingOptions.Local;
}
