using Weft.Proxy.Model;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>A cluster, and under which name its endpoints are asked for.</summary>
/// <param name="model">The cluster; without endpoints when they come by EDS.</param>
/// <param name="endpointName">The EDS name; null when the cluster has its endpoints itself.</param>
internal sealed class CompiledCluster(ClusterModel model, string? endpointName)
{
    /// <summary>The cluster; the store puts the one with endpoints in its place, so that there is one of each.</summary>
    public ClusterModel Model { get; set; } = model;

    public string? EndpointName { get; } = endpointName;
}
