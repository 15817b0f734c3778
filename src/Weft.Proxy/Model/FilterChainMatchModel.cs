namespace Weft.Proxy.Model;

/// <summary>
/// What a filter chain asks of a connection. An empty list or null asks nothing. Order of precedence as in Envoy: destination
/// port, destination address (longest prefix), server name (exact, then longest wildcard), transport protocol, application
/// protocols, direct source address, source type, source address, source port.
/// </summary>
public sealed class FilterChainMatchModel
{
    /// <summary>Matches every connection.</summary>
    public static FilterChainMatchModel Any { get; } = new();

    /// <summary>0 asks nothing.</summary>
    public int DestinationPort { get; init; }

    public IReadOnlyList<AddressPrefix> DestinationPrefixes { get; init; } = [];

    /// <summary>Lower case; <c>*.example.com</c> matches any depth below.</summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary><c>tls</c>, <c>raw_buffer</c>, or null.</summary>
    public string? TransportProtocol { get; init; }

    /// <summary>For plaintext <c>http/1.0</c>, <c>http/1.1</c>, <c>h2c</c> as sniffed; for TLS what the client offers by ALPN.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    public IReadOnlyList<AddressPrefix> DirectSourcePrefixes { get; init; } = [];

    public SourceType SourceType { get; init; }

    public IReadOnlyList<AddressPrefix> SourcePrefixes { get; init; } = [];

    public IReadOnlyList<int> SourcePorts { get; init; } = [];
}
