namespace Weft.Proxy.Model;

/// <summary>The TCP proxy (<c>envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy</c>).</summary>
public sealed class TcpProxyModel : TerminalModel
{
    /// <summary>One entry for a plain cluster, several for weighted ones; never empty, and the weights' sum is positive.</summary>
    public required IReadOnlyList<WeightedClusterModel> Clusters { get; init; }

    /// <summary>Both directions silent for this long ends the connection; zero means never. Envoy: 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Set: what is taken goes to the cluster as CONNECTs over HTTP/2.</summary>
    public TunnelingModel? Tunneling { get; init; }

    public int MaxConnectAttempts { get; init; } = 1;

    /// <summary>Zero means no bound.</summary>
    public TimeSpan MaxDownstreamConnectionDuration { get; init; }
}
