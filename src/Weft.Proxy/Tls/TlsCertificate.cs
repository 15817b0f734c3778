namespace Weft.Proxy.Tls;

/// <summary>
/// A certificate chain with its private key, as bytes that live in memory only. Each is PEM, or DER when there is exactly one
/// certificate. The arrays are not copied: their owner must not change them afterwards.
/// </summary>
/// <param name="Chain">The leaf first, then intermediates.</param>
/// <param name="PrivateKey">PKCS #8, PKCS #1 or SEC 1. RSA of at least 2048 bits, or ECDSA on P-256 or P-384.</param>
/// <param name="Password">For an encrypted PEM key; null when it is not encrypted.</param>
/// <param name="OcspStaple">An OCSP response about the leaf in DER, for clients that ask for one; empty for none.</param>
public sealed record TlsCertificate(ReadOnlyMemory<byte> Chain, ReadOnlyMemory<byte> PrivateKey, string? Password = null, ReadOnlyMemory<byte> OcspStaple = default);
