namespace Weft.Proxy.Tls;

/// <summary>Why a TLS connection failed: a closed list for counters and log fields; <see cref="TlsSession.FailureText"/> has the sentence.</summary>
public enum TlsFailure
{
    /// <summary>Nothing failed.</summary>
    None,

    /// <summary>The peer does not speak TLS (plain HTTP, garbage).</summary>
    NotTls,

    /// <summary>No common protocol version.</summary>
    ProtocolVersion,

    /// <summary>No common cipher suite, group or signature algorithm.</summary>
    NoSharedAlgorithm,

    /// <summary>The peer showed no certificate, but had to.</summary>
    CertificateMissing,

    /// <summary>Past its end.</summary>
    CertificateExpired,

    /// <summary>Before its beginning.</summary>
    CertificateNotYetValid,

    /// <summary>Not signed by a trusted authority, or not signed correctly.</summary>
    CertificateUntrusted,

    /// <summary>Revoked, or its revocation could not be decided.</summary>
    CertificateRevoked,

    /// <summary>Not meant for this side of a connection, or an authority used as a leaf.</summary>
    CertificatePurpose,

    /// <summary>More intermediates than allowed.</summary>
    CertificateChainTooLong,

    /// <summary>The names are malformed, or do not make one SPIFFE id.</summary>
    IdentityMalformed,

    /// <summary>A SPIFFE id of a trust domain that no bundle covers.</summary>
    IdentityForeignTrustDomain,

    /// <summary>A valid certificate whose names are not among the allowed ones.</summary>
    IdentityNotAllowed,

    /// <summary>A valid certificate that is not one of those pinned by hash.</summary>
    CertificateNotPinned,

    /// <summary>This side's own certificate may not be shown for want of a valid OCSP response.</summary>
    StapleMissing,

    /// <summary>The peer sent a fatal alert.</summary>
    PeerAlert,

    /// <summary>The transport ended without a close_notify.</summary>
    Truncated,

    /// <summary>Any other breach of the protocol.</summary>
    Protocol,
}
