namespace Weft.Proxy.Model;

/// <summary>How a peer's certificate is judged.</summary>
public sealed class ValidationContextModel
{
    /// <summary>PEM roots; empty: the peer's certificate is not verified.</summary>
    public ReadOnlyMemory<byte> TrustedCaPem { get; init; }

    /// <summary>When not empty, one subject alternative name of the peer must match one of these.</summary>
    public IReadOnlyList<SubjectNameMatchModel> SubjectNames { get; init; } = [];

    /// <summary>Accept certificates that are not valid now; only ever for tests and debugging.</summary>
    public bool AllowExpired { get; init; }

    /// <summary>Hex SHA-256 digests of accepted certificates; empty asks nothing.</summary>
    public IReadOnlyList<string> CertificateHashes { get; init; } = [];

    /// <summary>PEM revocation lists; empty asks nothing.</summary>
    public ReadOnlyMemory<byte> CrlPem { get; init; }
}
