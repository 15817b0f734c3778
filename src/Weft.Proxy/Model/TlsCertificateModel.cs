namespace Weft.Proxy.Model;

/// <summary>A certificate chain and its private key. The bytes stay in memory and are never written to disk or to a log.</summary>
public sealed class TlsCertificateModel
{
    /// <summary>PEM, leaf first.</summary>
    public required ReadOnlyMemory<byte> ChainPem { get; init; }

    /// <summary>PEM, not encrypted.</summary>
    public required ReadOnlyMemory<byte> PrivateKeyPem { get; init; }

    /// <summary>An OCSP response about the leaf in DER; empty for none.</summary>
    public ReadOnlyMemory<byte> OcspStaple { get; init; }
}
