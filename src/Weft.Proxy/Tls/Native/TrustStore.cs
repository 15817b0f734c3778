namespace Weft.Proxy.Tls.Native;

/// <summary>The authorities of <see cref="TlsTrust"/> as X509_STOREs by trust domain. Immutable, thread-safe; freed by finalisation.</summary>
internal sealed class TrustStore
{
    private readonly Dictionary<string, nint> stores = new(StringComparer.Ordinal);

    internal TrustStore(TlsTrust trust)
    {
        HasRevocationLists = !trust.RevocationLists.IsEmpty;
        RevocationOfLeafOnly = trust.RevocationOfLeafOnly;
        if (trust.AuthoritiesByTrustDomain.Count == 0)
            throw new TlsConfigurationException("The trust bundle names no trust domain and no authority.");
        foreach ((string domain, ReadOnlyMemory<byte> authorities) in trust.AuthoritiesByTrustDomain)
        {
            nint store = LibCrypto.X509_STORE_new();
            stores.Add(domain, store);
            string what = domain.Length == 0 ? "trusted certificate authorities" : $"trusted certificate authorities of trust domain '{domain}'";
            foreach (nint certificate in PemReader.Certificates(authorities.Span, what))
            {
                int added = LibCrypto.X509_STORE_add_cert(store, certificate);
                LibCrypto.X509_free(certificate);
                if (added != 1)
                    throw new TlsConfigurationException($"OpenSSL refused one of the {what} ({OpenSslErrors.Take().Text}).");
            }

            if (!HasRevocationLists)
                continue;
            foreach (nint list in PemReader.RevocationLists(trust.RevocationLists.Span, "certificate revocation list"))
            {
                int added = LibCrypto.X509_STORE_add_crl(store, list);
                LibCrypto.X509_CRL_free(list);
                if (added != 1)
                    throw new TlsConfigurationException($"OpenSSL refused a certificate revocation list ({OpenSslErrors.Take().Text}).");
            }
        }
    }

    ~TrustStore()
    {
        foreach (nint store in stores.Values)
            LibCrypto.X509_STORE_free(store);
    }

    internal bool HasRevocationLists { get; }

    internal bool RevocationOfLeafOnly { get; }

    /// <summary>The store for peers of a trust domain, or zero when no bundle covers it.</summary>
    internal nint For(string trustDomain) =>
        stores.TryGetValue(trustDomain, out nint store) || stores.TryGetValue("", out store) ? store : 0;
}
