using Weft.Proxy.Engine;
using Weft.Proxy.Http;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tcp;

/// <summary>A TCP proxy made ready. Immutable but for the workers' own telemetry, of which each touches its element only.</summary>
internal sealed class TcpRuntime(ListenerModel listener, TcpProxyModel model, int workers)
{
    private readonly TcpTelemetry?[] _telemetry = new TcpTelemetry?[workers];

    public TcpProxyModel Model { get; } = model;

    /// <summary>What the CONNECTs of a proxy with <see cref="TcpProxyModel.Tunneling"/> run under; they have no record of their own, for the connection has one.</summary>
    public HttpRuntime Connects { get; } = model.Tunneling is null ? null! : new HttpRuntime(
        listener, new HttpConnectionManagerModel { StatPrefix = model.StatPrefix, StreamIdleTimeout = TimeSpan.Zero }, workers);

    /// <summary>The cluster for a connection, by weight where there are several.</summary>
    public string Choose(Worker worker)
    {
        IReadOnlyList<WeightedClusterModel> clusters = Model.Clusters;
        if (clusters.Count == 1) return clusters[0].Name;
        ulong total = 0;
        for (int i = 0; i < clusters.Count; i++) total += clusters[i].Weight;
        ulong point = (ulong)worker.Random.NextInt64((long)Math.Max(total, 1));
        for (int i = 0; i < clusters.Count; i++)
        {
            if (point < clusters[i].Weight) return clusters[i].Name;
            point -= clusters[i].Weight;
        }

        return clusters[^1].Name;
    }

    public TcpTelemetry TelemetryOf(Worker worker) => _telemetry[worker.Index] ??= worker.Telemetry.Tcp(listener, Model);
}
