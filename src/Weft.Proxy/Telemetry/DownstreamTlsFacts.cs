namespace Weft.Proxy.Telemetry;

/// <summary>What access log formats may print about the TLS of a client's connection; made once per connection.</summary>
/// <param name="Version">For example <c>TLSv1.3</c>.</param>
/// <param name="Cipher">OpenSSL's name.</param>
/// <param name="PeerUriSan">URI names of the peer's certificate, comma-joined; empty without a certificate.</param>
/// <param name="LocalUriSan">URI names of the certificate that this proxy showed.</param>
/// <param name="PeerSubject">The subject of the peer's certificate.</param>
public sealed record DownstreamTlsFacts(
    string Version = "", string Cipher = "", string PeerUriSan = "", string LocalUriSan = "", string PeerSubject = "");
