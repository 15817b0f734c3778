namespace Weft.Proxy.Tls;

/// <summary>Whom to believe: authorities by SPIFFE trust domain, and revocation lists. Immutable.</summary>
public sealed record TlsTrust
{
    /// <summary>
    /// PEM (or one DER) authorities by trust domain. The empty name holds those for every trust domain that has no entry of its own, which is
    /// how Istio's <c>ROOTCA</c> and a plain <c>trusted_ca</c> arrive.
    /// </summary>
    public required IReadOnlyDictionary<string, ReadOnlyMemory<byte>> AuthoritiesByTrustDomain { get; init; }

    /// <summary>PEM revocation lists; empty means that revocation is not checked.</summary>
    public ReadOnlyMemory<byte> RevocationLists { get; init; }

    /// <summary>Only the peer's own certificate is looked up, not those of the authorities above it (Envoy: <c>only_verify_leaf_cert_crl</c>).</summary>
    public bool RevocationOfLeafOnly { get; init; }

    /// <summary>One set of authorities for all peers.</summary>
    public static TlsTrust ForAll(ReadOnlyMemory<byte> authorities) =>
        new() { AuthoritiesByTrustDomain = new Dictionary<string, ReadOnlyMemory<byte>> { [""] = authorities } };
}
