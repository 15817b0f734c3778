namespace Weft.Proxy.Model;

/// <summary>One listener (<c>envoy.config.listener.v3.Listener</c>), immutable.</summary>
public sealed class ListenerModel
{
    /// <summary>Unique name; runtime state is keyed by it.</summary>
    public required string Name { get; init; }

    /// <summary>Where it listens, or for <see cref="BindToPort"/> false which original destination it serves. Port 0 lets the kernel choose.</summary>
    public required NetworkAddress Address { get; init; }

    public TrafficDirection Direction { get; init; }

    /// <summary>False: no socket of its own; connections are handed over by a listener with <see cref="UseOriginalDestination"/>.</summary>
    public bool BindToPort { get; init; } = true;

    /// <summary>True: no socket and no address; endpoints name it (<c>internal_listener</c>). <see cref="BindToPort"/> is false then.</summary>
    public bool IsInternal { get; init; }

    /// <summary>True: after restoring the original destination, look for the listener of that address and hand the connection over.</summary>
    public bool UseOriginalDestination { get; init; }

    public ListenerSniffing Sniffing { get; init; }

    /// <summary>How long listener filters may wait for bytes; zero means no limit. Envoy: 15 s.</summary>
    public TimeSpan ListenerFiltersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>When the time is up: go on as unrecognised (true) or close (false).</summary>
    public bool ContinueOnListenerFiltersTimeout { get; init; }

    public IReadOnlyList<FilterChainModel> FilterChains { get; init; } = [];

    /// <summary>Used when no chain matches; null closes the connection.</summary>
    public FilterChainModel? DefaultFilterChain { get; init; }

    /// <summary>Soft bound for bytes buffered per connection and direction. Envoy: 1 MiB; Istio's EDGE profile: 32 KiB.</summary>
    public int PerConnectionBufferLimitBytes { get; init; } = 1 << 20;

    /// <summary>Bound for open connections of this listener over all workers; 0 is no bound.</summary>
    public int ConnectionLimit { get; init; }

    /// <summary>Length of the kernel's accept queue.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Access logs for connections that no filter chain took.</summary>
    public IReadOnlyList<AccessLogModel> AccessLogs { get; init; } = [];

    /// <summary>The version that the configuration server gave it; empty for static ones.</summary>
    public string VersionInfo { get; init; } = "";
}
