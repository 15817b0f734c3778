namespace Weft.Proxy.Model;

/// <summary>How a peer's certificate is judged.</summary>
public sealed class ValidationContextModel
{
    private ReadOnlyMemory<byte> _crlPem;

    /// <summary>PEM roots; empty: the peer's certificate is not verified.</summary>
    public ReadOnlyMemory<byte> TrustedCaPem { get; init; }

    /// <summary>When not empty, one subject alternative name of the peer must match one of these.</summary>
    public IReadOnlyList<SubjectNameMatchModel> SubjectNames { get; init; } = [];

    /// <summary>Accept certificates that are not valid now; only ever for tests and debugging.</summary>
    public bool AllowExpired { get; init; }

    /// <summary>Hex SHA-256 digests of accepted certificates; empty asks nothing.</summary>
    public IReadOnlyList<string> CertificateHashes { get; init; } = [];

    /// <summary>PEM revocation lists; empty asks nothing.</summary>
    public ReadOnlyMemory<byte> CrlPem { get => _crlPem; init => _crlPem = value; }

    /// <summary>The file that <see cref="CrlPem"/> was read from, whose newer content replaces it; null when it was given otherwise.</summary>
    public string? CrlFile { get; init; }

    /// <summary>The revocation lists are asked about the peer's own certificate only, not about authorities.</summary>
    public bool CrlOfLeafOnly { get; init; }

    /// <summary>Base64 SHA-256 digests of accepted public keys; empty asks nothing.</summary>
    public IReadOnlyList<string> PublicKeyHashes { get; init; } = [];

    /// <summary>The same with other revocation lists.</summary>
    public ValidationContextModel WithCrl(ReadOnlyMemory<byte> lists)
    {
        var copy = (ValidationContextModel)MemberwiseClone();
        copy._crlPem = lists;
        return copy;
    }

    /// <summary>The most intermediates between the peer's certificate and the root; null for the default.</summary>
    public int? MaxDepth { get; init; }
}
