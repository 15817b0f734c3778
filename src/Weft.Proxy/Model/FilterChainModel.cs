namespace Weft.Proxy.Model;

/// <summary>One filter chain: what it matches, the TLS it ends, and the terminal that serves it.</summary>
public sealed class FilterChainModel
{
    public string Name { get; init; } = "";

    public FilterChainMatchModel Match { get; init; } = FilterChainMatchModel.Any;

    /// <summary>Null: plaintext.</summary>
    public DownstreamTlsModel? Tls { get; init; }

    /// <summary>Bound for the TLS handshake; zero means none.</summary>
    public TimeSpan TransportSocketConnectTimeout { get; init; }

    /// <summary>Either <see cref="HttpConnectionManagerModel"/> or <see cref="TcpProxyModel"/>.</summary>
    public required TerminalModel Terminal { get; init; }
}
