using Weft.Proxy.Model;

namespace Weft.Proxy.Tls;

/// <summary>
/// Versions, cipher suites and groups. The defaults are Istio's for mesh traffic: TLS 1.2 to 1.3 and AES-GCM with ephemeral
/// elliptic-curve key exchange.
/// </summary>
public sealed record TlsParameters
{
    /// <summary>Istio's defaults.</summary>
    public static TlsParameters Default { get; } = new();

    /// <summary>The lowest version that is accepted.</summary>
    public TlsVersion Minimum { get; init; }

    /// <summary>The highest version that is offered.</summary>
    public TlsVersion Maximum { get; init; }

    /// <summary>OpenSSL names of TLS 1.2 suites in order of preference; empty means Istio's four. TLS 1.3 suites are fixed: AES-128-GCM and AES-256-GCM.</summary>
    public IReadOnlyList<string> CipherSuites { get; init; } = [];

    /// <summary>Key exchange groups in order of preference; empty means X25519 and P-256.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}
