using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>A cluster, and under which name its endpoints are asked for.</summary>
/// <param name="Model">The cluster; without endpoints when they come by EDS.</param>
/// <param name="EndpointName">The EDS name; null when the cluster has its endpoints itself.</param>
internal sealed record CompiledCluster(ClusterModel Model, string? EndpointName);
