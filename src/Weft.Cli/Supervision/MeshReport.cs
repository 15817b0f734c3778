namespace Weft.Cli.Supervision;

/// <summary>What runs, as the supervisor knows it.</summary>
/// <param name="Mesh">Which mesh.</param>
/// <param name="ControlPlane">The control plane's process.</param>
/// <param name="Workloads">Each workload with its processes, gateways first, then by name.</param>
/// <param name="Urls">Where a browser can go.</param>
public sealed record MeshReport(MeshDescription Mesh, ControlPlaneReport ControlPlane, IReadOnlyList<WorkloadReport> Workloads, IReadOnlyList<string> Urls);
