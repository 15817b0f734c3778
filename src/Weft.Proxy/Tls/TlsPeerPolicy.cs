namespace Weft.Proxy.Tls;

/// <summary>
/// What a peer's certificate must show. A missing policy (null where one is expected) means that the peer's certificate is not looked at.
/// The chain is checked up to the authorities of the peer's trust domain, with the extended key usage of the peer's side.
/// </summary>
public sealed record TlsPeerPolicy
{
    /// <summary>The most intermediates unless something else is asked for.</summary>
    public const int DefaultMaxDepth = 10;

    /// <summary>Whom to believe.</summary>
    public required TlsTrust Trust { get; init; }

    /// <summary>
    /// The peer must be a SPIFFE workload: exactly one URI name, a well-formed SPIFFE id, in a leaf that is not an authority (X509-SVID 2 to 5).
    /// No host name is checked then.
    /// </summary>
    public bool RequireSpiffe { get; init; }

    /// <summary>At least one of these must match; empty means that any name will do.</summary>
    public IReadOnlyList<SanMatcher> AllowedNames { get; init; } = [];

    /// <summary>A DNS name or IP address that the certificate must be for (clients that verify an ordinary server); null for none.</summary>
    public string? HostName { get; init; }

    /// <summary>Accept certificates out of their dates (Envoy: <c>allow_expired_certificate</c>).</summary>
    public bool AllowExpired { get; init; }

    /// <summary>At most so many intermediates between the leaf and the trusted authority.</summary>
    public int MaxDepth { get; init; } = DefaultMaxDepth;

    /// <summary>Lower-case hex SHA-256 of acceptable leaf certificates (Envoy: <c>verify_certificate_hash</c>); empty means any.</summary>
    public IReadOnlyList<string> CertificateHashes { get; init; } = [];

    /// <summary>Base64 SHA-256 of acceptable public keys as SubjectPublicKeyInfo (Envoy: <c>verify_certificate_spki</c>); empty means any. With pinned certificates also given, either suffices.</summary>
    public IReadOnlyList<string> PublicKeyHashes { get; init; } = [];
}
