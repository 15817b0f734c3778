using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls;

/// <summary>
/// Whether a chain leads to roots, asked of OpenSSL with nothing but these certificates. The framework's <c>X509Chain</c> reads every authority that the machine
/// trusts before it looks at roots of one's own: a fifth of a second of processor time and megabytes that stay, in each proxy.
/// </summary>
internal static unsafe class ChainVerifier
{
    /// <summary>Verifies a chain at a moment: signatures, validity, constraints of authorities; a root must be self-signed. Any thread.</summary>
    /// <param name="chainPem">The leaf, then what leads from it to a root, in any order.</param>
    /// <param name="rootsPem">The roots.</param>
    /// <param name="when">The moment at which all of them must be valid.</param>
    /// <returns>Empty when the chain verifies; else OpenSSL's reason.</returns>
    /// <exception cref="TlsConfigurationException">One of the texts does not decode.</exception>
    internal static string Verify(ReadOnlySpan<byte> chainPem, ReadOnlyMemory<byte> rootsPem, DateTimeOffset when)
    {
        TrustStore trust = new(TlsTrust.ForAll(rootsPem));
        List<nint> chain = PemReader.Certificates(chainPem, "certificate chain");
        nint untrusted = LibCrypto.OPENSSL_sk_new_null(), context = LibCrypto.X509_STORE_CTX_new();
        try
        {
            bool isReady = untrusted != 0 && context != 0;
            foreach (nint certificate in chain.Skip(1))
                isReady = isReady && LibCrypto.OPENSSL_sk_push(untrusted, certificate) > 0;
            if (!isReady || LibCrypto.X509_STORE_CTX_init(context, trust.For(""), chain[0], untrusted) != 1)
                return "OpenSSL could not begin to verify";
            LibCrypto.X509_STORE_CTX_set_time(context, 0, (nint)when.ToUnixTimeSeconds());
            return LibCrypto.X509_verify_cert(context) == 1 ? "" : OpenSslErrors.Text(LibCrypto.X509_verify_cert_error_string(LibCrypto.X509_STORE_CTX_get_error(context)));
        }
        finally
        {
            LibCrypto.X509_STORE_CTX_free(context);
            LibCrypto.OPENSSL_sk_free(untrusted);
            foreach (nint certificate in chain)
                LibCrypto.X509_free(certificate);
            LibCrypto.ERR_clear_error();
            GC.KeepAlive(trust);
        }
    }
}
