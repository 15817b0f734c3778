namespace Weft.Proxy.Telemetry;

/// <summary>What telemetry keeps for one cluster on one worker; the cluster's state holds it. See <see cref="WorkerTelemetry.Cluster"/>.</summary>
public sealed class ClusterTelemetry
{
    internal ClusterTelemetry(string name, StatBlock<ClusterStat> stats)
    {
        Name = name;
        Stats = stats;
    }

    /// <summary>The cluster's name, as access logs show it.</summary>
    public string Name { get; }

    /// <summary>The cluster's counters on this worker.</summary>
    public StatBlock<ClusterStat> Stats { get; }

    internal int ServiceId { get; set; }
}
