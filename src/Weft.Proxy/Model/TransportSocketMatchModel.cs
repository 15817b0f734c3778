namespace Weft.Proxy.Model;

/// <summary>Chooses the transport for endpoints whose metadata carries all of the given labels; the first match wins.</summary>
public sealed class TransportSocketMatchModel
{
    public required string Name { get; init; }

    /// <summary>Empty matches every endpoint.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Match { get; init; } = [];

    /// <summary>Null: plaintext.</summary>
    public UpstreamTlsModel? Tls { get; init; }

    /// <summary>What goes out before everything else.</summary>
    public UpstreamProxyProtocol ProxyProtocol { get; init; }
}
