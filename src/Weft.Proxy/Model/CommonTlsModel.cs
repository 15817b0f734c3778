namespace Weft.Proxy.Model;

/// <summary>
/// What both sides of TLS share. Certificates and validation are given inline or as the name of a secret; the pair of model and
/// secrets is turned into an OpenSSL context beside the workers, once for each change of either.
/// </summary>
public abstract class CommonTlsModel
{
    public TlsVersion MinimumVersion { get; init; }

    public TlsVersion MaximumVersion { get; init; }

    /// <summary>OpenSSL cipher names for TLS 1.2; empty: Istio's list.</summary>
    public IReadOnlyList<string> CipherSuites { get; init; } = [];

    /// <summary>Empty: X25519 and P-256.</summary>
    public IReadOnlyList<string> Curves { get; init; } = [];

    public IReadOnlyList<string> AlpnProtocols { get; init; } = [];

    public IReadOnlyList<TlsCertificateModel> Certificates { get; init; } = [];

    /// <summary>Names of certificate secrets; used when not empty.</summary>
    public IReadOnlyList<string> CertificateSecretNames { get; init; } = [];

    /// <summary>Inline validation; with <see cref="ValidationSecretName"/> also given the two combine (names from here, roots from there).</summary>
    public ValidationContextModel? Validation { get; init; }

    public string? ValidationSecretName { get; init; }
}
