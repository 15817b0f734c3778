using Weft.Proxy.Model;

namespace Weft.Proxy.Tls.Native;

/// <summary>A certificate chain with its key as OpenSSL objects, checked to belong together. Immutable; freed by finalisation, because sessions of several threads may hold it.</summary>
internal sealed class NativeCertificate
{
    private const int RsaKeyId = 6;
    private const int EcKeyId = 408;
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    internal NativeCertificate(TlsCertificate source)
    {
        List<nint> chain = PemReader.Certificates(source.Chain.Span, "certificate chain");
        Leaf = chain[0];
        Intermediates = LibCrypto.OPENSSL_sk_new_null();
        foreach (nint certificate in chain.Skip(1))
            _ = LibCrypto.OPENSSL_sk_push(Intermediates, certificate);
        Key = PemReader.PrivateKey(source.PrivateKey.Span, source.Password, "private key");
        KeyType = LibCrypto.EVP_PKEY_get_base_id(Key);
        int bits = LibCrypto.EVP_PKEY_get_bits(Key);
        if (KeyType is not (RsaKeyId or EcKeyId))
            throw new TlsConfigurationException("The private key is neither RSA nor ECDSA; make one of these.");
        if (KeyType == RsaKeyId && bits is < MinRsaBits or > MaxRsaBits)
            throw new TlsConfigurationException($"The RSA private key has {bits} bits; {MinRsaBits} to {MaxRsaBits} are accepted.");
        if (KeyType == EcKeyId && bits is not (256 or 384))
            throw new TlsConfigurationException($"The ECDSA private key has {bits} bits; use the curve P-256 or P-384.");
        if (LibCrypto.X509_check_private_key(Leaf, Key) != 1)
        {
            LibCrypto.ERR_clear_error();
            throw new TlsConfigurationException("The private key does not belong to the first certificate of the chain; check their order and that both were renewed together.");
        }

        Names = X509Reader.Names(Leaf);
        MustStaple = X509Reader.MustStaple(Leaf);
        if (!source.OcspStaple.IsEmpty)
            Staple = new OcspStaple(source.OcspStaple, Leaf);
    }

    ~NativeCertificate()
    {
        if (Key != 0)
            LibCrypto.EVP_PKEY_free(Key);
        if (Intermediates != 0)
        {
            int count = LibCrypto.OPENSSL_sk_num(Intermediates);
            for (int i = 0; i < count; i++)
                LibCrypto.X509_free(LibCrypto.OPENSSL_sk_value(Intermediates, i));
            LibCrypto.OPENSSL_sk_free(Intermediates);
        }

        if (Leaf != 0)
            LibCrypto.X509_free(Leaf);
    }

    internal nint Leaf { get; }

    internal nint Intermediates { get; }

    internal nint Key { get; }

    internal int KeyType { get; }

    internal PeerNames Names { get; }

    /// <summary>The certificate itself demands a stapled response.</summary>
    internal bool MustStaple { get; }

    /// <summary>Null when there is none.</summary>
    internal OcspStaple? Staple { get; }

    /// <summary>What a client that asks for an OCSP response gets. Source: Envoy's OcspStaplePolicy.</summary>
    internal StapleOutcome StapleFor(OcspStaplePolicy policy)
    {
        if (Staple is { IsExpired: false })
            return StapleOutcome.Stapled;
        bool refuses = MustStaple || policy == OcspStaplePolicy.Must || (policy == OcspStaplePolicy.Strict && Staple is not null);
        return refuses ? StapleOutcome.Refused : StapleOutcome.Omitted;
    }

    /// <summary>Whether one of the certificate's DNS names is, or covers, the server name that a client asked for.</summary>
    internal bool Covers(string serverName) => new SanMatcher(SanType.Dns, SanMatchMode.Exact, serverName).Matches(Names);
}
