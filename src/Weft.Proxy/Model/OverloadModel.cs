namespace Weft.Proxy.Model;

/// <summary>When the proxy sheds load, and how. Envoy: <c>envoy.config.overload.v3.OverloadManager</c>.</summary>
public sealed class OverloadModel
{
    /// <summary>No limits: nothing is ever shed.</summary>
    public static OverloadModel None { get; } = new();

    /// <summary>How often memory is measured.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The resident memory that counts as full, in bytes; 0 for no limit. Envoy: <c>envoy.resource_monitors.fixed_heap</c>.</summary>
    public long MaxHeapBytes { get; init; }

    /// <summary>The most connections of clients, all listeners together; 0 for no limit. Envoy: <c>envoy.resource_monitors.global_downstream_max_connections</c>.</summary>
    public long MaxDownstreamConnections { get; init; }

    /// <summary>What is done at which memory pressure; an action may have several, of which the strongest counts.</summary>
    public IReadOnlyList<OverloadTriggerModel> Triggers { get; init; } = [];

    /// <summary>
    /// What is in force where the bootstrap says nothing, for a process whose memory is limited: memory is given back at 85 % of <paramref name="maxHeapBytes"/>,
    /// connections are no longer kept alive at 90 %, requests are refused at 95 %, connections wait at 98 %.
    /// </summary>
    public static OverloadModel ForMemory(long maxHeapBytes) => new()
    {
        RefreshInterval = TimeSpan.FromMilliseconds(250),
        MaxHeapBytes = maxHeapBytes,
        Triggers =
        [
            new OverloadTriggerModel(OverloadAction.ShrinkHeap, 0.85, 0.85),
            new OverloadTriggerModel(OverloadAction.DisableHttpKeepalive, 0.90, 0.90),
            new OverloadTriggerModel(OverloadAction.StopAcceptingRequests, 0.95, 0.95),
            new OverloadTriggerModel(OverloadAction.StopAcceptingConnections, 0.98, 0.98),
        ],
    };
}
