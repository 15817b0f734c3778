using Weft.Proxy.Model;
using Weft.Proxy.Telemetry.AccessLogs;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// One worker's share of telemetry: its counters and series. The worker owns it and is the only one that calls its methods; the
/// reader sums the workers' shares. Made by <see cref="ProxyTelemetry.CreateWorker"/>.
/// </summary>
public sealed class WorkerTelemetry
{
    /// <summary>Longest line of an access log; what is longer is cut off.</summary>
    private const int MaxLineBytes = 32 * 1024;

    private readonly ProxyTelemetry _proxy;
    private readonly Dictionary<string, ClusterTelemetry> _clusters = [];
    private readonly Dictionary<string, LogRing> _rings = new(StringComparer.Ordinal);
    private byte[]? _line;

    internal WorkerTelemetry(ProxyTelemetry proxy)
    {
        _proxy = proxy;
        HttpSeries = new SeriesTable(HttpSeriesCells.Stride, proxy.SeriesCapacity);
        TcpSeries = new SeriesTable(TcpSeriesCells.Stride, proxy.SeriesCapacity);
    }

    public StatBlocks<ClusterStat> ClusterStats { get; } = new();

    public StatBlocks<ListenerStat> ListenerStats { get; } = new();

    public StatBlocks<HttpStat> HttpStats { get; } = new();

    public StatBlocks<RouteStat> RouteStats { get; } = new();

    public StatBlocks<TcpStat> TcpStats { get; } = new();

    internal SeriesTable HttpSeries { get; }

    internal SeriesTable TcpSeries { get; }

    /// <summary>What the cluster's state should hold. Call it when the cluster is first used and when its model changed.</summary>
    public ClusterTelemetry Cluster(ClusterModel model)
    {
        if (!_clusters.TryGetValue(model.Name, out ClusterTelemetry? cluster))
        {
            string statName = model.AltStatName.Length > 0 ? model.AltStatName : model.Name;
            cluster = new ClusterTelemetry(model.Name, ClusterStats.Get(statName));
            _clusters.Add(model.Name, cluster);
        }

        // Istio names the service after the cluster where there is none: PassthroughCluster, BlackHoleCluster.
        ServiceLabels labels = model.Service.Host.Length > 0
            ? new ServiceLabels(model.Service.Host, model.Service.Name, model.Service.Namespace)
            : model.Name.EndsWith("Cluster", StringComparison.Ordinal) ? new ServiceLabels(Name: model.Name) : ServiceLabels.Unknown;
        cluster.ServiceId = _proxy.Services.Intern(labels);
        return cluster;
    }

    /// <summary>Forgets a cluster that was removed.</summary>
    public void RemoveCluster(string name)
    {
        if (_clusters.Remove(name, out ClusterTelemetry? cluster)) ClusterStats.Remove(cluster.Stats.Name);
    }

    /// <summary>A handle for the workload behind an upstream connection. Call it once per connection or endpoint and keep the result.</summary>
    /// <param name="metadata">The endpoint's.</param>
    /// <param name="principal">The SPIFFE id in the certificate that the endpoint showed; empty on plaintext.</param>
    public PeerHandle Peer(EndpointMetadataModel metadata, string principal) =>
        metadata.Workload.Length > 0
            ? Peer(WorkloadLabels.FromEndpointMetadata(metadata.Workload, principal))
            : Peer(principal);

    /// <summary>A handle for a client that showed a certificate; empty is "unknown".</summary>
    public PeerHandle Peer(string principal) =>
        principal.Length == 0 ? default : Peer(WorkloadLabels.FromPrincipal(principal));

    /// <summary>A handle for any workload.</summary>
    public PeerHandle Peer(WorkloadLabels workload) => new(_proxy.Workloads.Intern(workload));

    /// <summary>Telemetry of one HTTP connection manager; its state on this worker holds it.</summary>
    public HttpTelemetry Http(ListenerModel listener, HttpConnectionManagerModel manager) =>
        new(this, listener.Direction == TrafficDirection.Inbound, HttpStats.Get(manager.StatPrefix), AccessLogs(manager.AccessLogs));

    /// <summary>Telemetry of one TCP proxy; its state on this worker holds it.</summary>
    public TcpTelemetry Tcp(ListenerModel listener, TcpProxyModel tcp) =>
        new(this, listener.Direction == TrafficDirection.Inbound, TcpStats.Get(tcp.StatPrefix), AccessLogs(tcp.AccessLogs));

    /// <summary>Telemetry of connections to a listener that no filter chain took.</summary>
    public UnmatchedTelemetry Unmatched(ListenerModel listener) =>
        new(this, ListenerStats.Get(listener.Name), AccessLogs(listener.AccessLogs));

    internal void Log(AccessLog[] logs, scoped in LogFacts facts)
    {
        _line ??= new byte[MaxLineBytes];
        foreach (AccessLog log in logs) log.Write(in facts, _line);
    }

    private AccessLog[] AccessLogs(IReadOnlyList<AccessLogModel> models)
    {
        List<AccessLog> logs = [];
        foreach (AccessLogModel model in models)
        {
            if (_proxy.CompileLog(model) is not { } format) continue;
            LogOutput output = _proxy.LogOutputs.Get(model.Path);
            if (!_rings.TryGetValue(model.Path, out LogRing? ring)) _rings.Add(model.Path, ring = output.CreateRing());
            logs.Add(new AccessLog(model, format, output, ring));
        }

        return [.. logs];
    }
}
