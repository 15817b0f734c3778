using Weft.Proxy.Engine;

namespace Weft.Proxy.Clusters;

/// <summary>One worker's clusters, made when first used and brought up to date when used again: a push costs what traffic needs, not what the mesh has.</summary>
internal sealed class WorkerClusters(Worker worker)
{
    private WorkerCluster?[] _byId = new WorkerCluster?[64];

    /// <summary>The cluster of that name in the snapshot, or null.</summary>
    public WorkerCluster? Find(EngineSnapshot snapshot, string name)
    {
        if (!snapshot.Clusters.TryGetValue(name, out ClusterRuntime? runtime)) return null;
        int id = runtime.State.Id;
        if (id >= _byId.Length) Array.Resize(ref _byId, Math.Max(id + 1, _byId.Length * 2));
        WorkerCluster cluster = _byId[id] ??= new WorkerCluster(worker, runtime);
        cluster.Update(runtime);
        return cluster;
    }

    /// <summary>After a push: clusters and endpoints that are gone lose their idle connections.</summary>
    public void Sweep(EngineSnapshot snapshot)
    {
        for (int i = 0; i < _byId.Length; i++)
        {
            if (_byId[i] is not { } cluster) continue;
            if (snapshot.Clusters.TryGetValue(cluster.Runtime.Model.Name, out ClusterRuntime? runtime))
            {
                cluster.Update(runtime);
            }
            else
            {
                cluster.Close();
                _byId[i] = null;
            }
        }
    }
}
