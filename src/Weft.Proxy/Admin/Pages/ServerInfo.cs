using System.Text.Json;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Admin.Pages;

/// <summary>Facts of the process itself: <c>/server_info</c>, <c>/memory</c> and the <c>server.*</c> statistics.</summary>
internal sealed class ServerInfo
{
    private readonly IAdminTarget _target;
    private readonly ProxyTelemetry _telemetry;
    private readonly long _started;

    public ServerInfo(IAdminTarget target, ProxyTelemetry telemetry, TimeProvider time)
    {
        _target = target;
        _telemetry = telemetry;
        Time = time;
        _started = time.GetTimestamp();
    }

    public TimeProvider Time { get; }

    private long UptimeSeconds => (long)Time.GetElapsedTime(_started).TotalSeconds;

    public static string StateName(ServerState state) => state switch
    {
        ServerState.Live => "LIVE",
        ServerState.Draining => "DRAINING",
        ServerState.PreInitializing => "PRE_INITIALIZING",
        _ => "INITIALIZING",
    };

    /// <summary>Adds what Envoy's server, listener and cluster managers count.</summary>
    public void AddStatistics()
    {
        Gauge("server.live", () => _target.State == ServerState.Live ? 1 : 0);
        Gauge("server.state", () => (long)_target.State);
        Gauge("server.uptime", () => UptimeSeconds);
        Gauge("server.concurrency", () => _target.Concurrency);
        Gauge("server.hot_restart_generation", () => _target.RestartEpoch + 1);
        Gauge("server.total_connections", () => _target.DownstreamConnections);
        Gauge("server.memory_allocated", () => GC.GetTotalMemory(false));
        Gauge("server.memory_heap_size", () => GC.GetGCMemoryInfo().HeapSizeBytes);
        Gauge("server.memory_physical_size", () => Environment.WorkingSet);
        Gauge("cluster_manager.active_clusters", () => _target.Snapshot.Clusters.Count);
        Gauge("listener_manager.total_listeners_active", () => _target.Snapshot.Listeners.Count);
        _telemetry.AddGlobalStat(new GlobalStat("weft.collections", false, () => GC.CollectionCount(0)));
    }

    public void Write(Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("version", $"weft/{_telemetry.Version}");
        json.WriteString("state", StateName(_target.State));
        json.WriteString("hot_restart_version", Hosting.Restart.RestartMessages.Version);
        json.WriteString("uptime_current_epoch", $"{UptimeSeconds}s");
        json.WriteString("uptime_all_epochs", $"{(long)_target.Age.TotalSeconds}s");
        json.WriteStartObject("command_line_options");
        json.WriteNumber("restart_epoch", _target.RestartEpoch);
        json.WriteNumber("concurrency", _target.Concurrency);
        json.WriteString("log_level", _target.LogLevel);
        json.WriteEndObject();
        json.WriteStartObject("node");
        json.WriteString("id", _target.Node.Id);
        json.WriteString("cluster", _target.Node.Cluster);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static void WriteMemory(Stream stream)
    {
        GCMemoryInfo info = GC.GetGCMemoryInfo();
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("allocated", $"{GC.GetTotalMemory(false)}");
        json.WriteString("heap_size", $"{info.HeapSizeBytes}");
        json.WriteString("total_physical_bytes", $"{Environment.WorkingSet}");
        json.WriteEndObject();
    }

    private void Gauge(string name, Func<long> read) => _telemetry.AddGlobalStat(new GlobalStat(name, true, read));
}
