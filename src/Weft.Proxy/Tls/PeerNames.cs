namespace Weft.Proxy.Tls;

/// <summary>The subject alternative names of a certificate. Names that contain a NUL or are not ASCII are not listed: <see cref="HasMalformed"/> tells of them.</summary>
/// <param name="Uris">uniformResourceIdentifier entries.</param>
/// <param name="DnsNames">dNSName entries.</param>
/// <param name="IpAddresses">iPAddress entries in textual form.</param>
/// <param name="HasMalformed">An entry held a NUL, another control character or a byte above 126.</param>
public sealed record PeerNames(IReadOnlyList<string> Uris, IReadOnlyList<string> DnsNames, IReadOnlyList<string> IpAddresses, bool HasMalformed)
{
    /// <summary>No names at all.</summary>
    public static PeerNames None { get; } = new([], [], [], false);
}
