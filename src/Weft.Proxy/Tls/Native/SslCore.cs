using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls.Records;

namespace Weft.Proxy.Tls.Native;

/// <summary>
/// An SSL_CTX: the costly part of a context (certificates, keys, suites, ticket keys), shared by all contexts that differ only in names, peers and ALPN:
/// a mesh of a thousand clusters has one. Immutable after construction, thread-safe; freed by finalisation when the last session is gone.
/// </summary>
internal sealed unsafe class SslCore
{
    private const int ReadBufferBytes = 32 * 1024;
    private const int MaxCertificateListBytes = 64 * 1024;
    private const string DefaultCipherSuites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
    private const string Tls13CipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
    private const string DefaultGroups = "X25519:P-256";
    private static readonly string[] s_forbiddenCiphers = ["NULL", "RC4", "MD5", "DES", "EXP", "ADH", "AECDH", "PSK", "SRP", "ALL", "DEFAULT", "@", "!", ":", "+"];

    internal SslCore(bool server, TlsParameters parameters, IReadOnlyList<TlsCertificate> certificates, bool sessionTickets, TimeSpan sessionLifetime, OcspStaplePolicy staplePolicy = OcspStaplePolicy.Lenient, bool ownRecords = true)
    {
        StaplePolicy = staplePolicy;
        Certificates = [.. certificates.Select(certificate => new NativeCertificate(certificate))];
        Handle = LibSsl.SSL_CTX_new(server ? LibSsl.TLS_server_method() : LibSsl.TLS_client_method());
        if (Handle == 0)
            throw new TlsConfigurationException($"OpenSSL could not make a TLS context ({OpenSslErrors.Take().Text}).");
        LibSsl.SSL_CTX_set_security_level(Handle, 2);
        LibSsl.SSL_CTX_set_options(Handle, LibSsl.OptionNoRenegotiation | LibSsl.OptionNoCompression | LibSsl.OptionCipherServerPreference | (sessionTickets ? 0 : LibSsl.OptionNoTicket));
        LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlMode, LibSsl.ModeAcceptMovingWriteBuffer | LibSsl.ModeAutoRetry | LibSsl.ModeReleaseBuffers, null);
        LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlReadAhead, 1, null);
        LibSsl.SSL_CTX_set_default_read_buffer_len(Handle, ReadBufferBytes);
        LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlMaxCertificateList, MaxCertificateListBytes, null);
        SetVersions(parameters);
        SetAlgorithms(parameters);
        LibSsl.SSL_CTX_set_cert_verify_callback(Handle, &TlsCallbacks.Verify, 0);
        OwnRecords = ownRecords && AesGcmKey.IsSupported;
        if (OwnRecords)
            LibSsl.SSL_CTX_set_keylog_callback(Handle, &TlsCallbacks.SecretMade);
        if (server)
            SetUpServer(sessionTickets, sessionLifetime);
        else
            SetUpClient(sessionTickets);
        UseCertificates();
    }

    ~SslCore()
    {
        if (Handle != 0)
            LibSsl.SSL_CTX_free(Handle);
    }

    internal nint Handle { get; }

    internal NativeCertificate[] Certificates { get; }

    /// <summary>Whether its sessions of TLS 1.3 protect their records themselves.</summary>
    internal bool OwnRecords { get; }

    internal OcspStaplePolicy StaplePolicy { get; }

    private void SetVersions(TlsParameters parameters)
    {
        int minimum = Number(parameters.Minimum, 0x0303), maximum = Number(parameters.Maximum, 0x0304);
        if (minimum > maximum)
            throw new TlsConfigurationException("The minimum TLS version is above the maximum.");
        LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlMinimumVersion, minimum, null);
        LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlMaximumVersion, maximum, null);

        static int Number(TlsVersion version, int automatic) => version switch
        {
            TlsVersion.Auto => automatic,
            TlsVersion.Tls12 => 0x0303,
            TlsVersion.Tls13 => 0x0304,
            _ => throw new TlsConfigurationException($"TLS version {version} is not supported; use 1.2 or 1.3."),
        };
    }

    private void SetAlgorithms(TlsParameters parameters)
    {
        foreach (string suite in parameters.CipherSuites)
        {
            // One at a time: OpenSSL quietly skips names it does not know as long as one of a list is good.
            if (s_forbiddenCiphers.Any(part => suite.Contains(part, StringComparison.Ordinal)) || LibSsl.SSL_CTX_set_cipher_list(Handle, suite) != 1)
            {
                LibCrypto.ERR_clear_error();
                throw new TlsConfigurationException($"The cipher suite '{suite}' is not one that can be used; name suites as OpenSSL does, for example ECDHE-ECDSA-AES128-GCM-SHA256.");
            }
        }

        string suites = parameters.CipherSuites.Count > 0 ? string.Join(':', parameters.CipherSuites) : DefaultCipherSuites;
        string groups = parameters.Groups.Count > 0 ? string.Join(':', parameters.Groups) : DefaultGroups;
        if (LibSsl.SSL_CTX_set_cipher_list(Handle, suites) != 1 || LibSsl.SSL_CTX_set_ciphersuites(Handle, Tls13CipherSuites) != 1)
            throw new TlsConfigurationException($"OpenSSL refused the cipher suites '{suites}' ({OpenSslErrors.Take().Text}).");
        fixed (byte* list = Encoding.ASCII.GetBytes(groups + "\0"))
        {
            if (LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlGroupsList, 0, list) != 1)
                throw new TlsConfigurationException($"OpenSSL does not know one of the key exchange groups '{groups}' ({OpenSslErrors.Take().Text}).");
        }
    }

    private void SetUpServer(bool sessionTickets, TimeSpan sessionLifetime)
    {
        LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlSessionCacheMode, LibSsl.SessionCacheOff, null);
        _ = LibSsl.SSL_CTX_set_num_tickets(Handle, sessionTickets ? 1u : 0u);
        LibSsl.SSL_CTX_set_timeout(Handle, (nuint)Math.Max(1, (long)sessionLifetime.TotalSeconds));
        LibSsl.SSL_CTX_set_alpn_select_cb(Handle, &TlsCallbacks.SelectAlpn, 0);
        if (LibSsl.SSL_CTX_set_session_ticket_cb(Handle, 0, &TlsCallbacks.TicketDecrypted, 0) != 1)
            throw new TlsConfigurationException("OpenSSL does not let session tickets be checked.");
        foreach (NativeCertificate certificate in Certificates)
        {
            if (certificate.Staple is null && (certificate.MustStaple || StaplePolicy == OcspStaplePolicy.Must))
            {
                throw new TlsConfigurationException(certificate.MustStaple
                    ? "The certificate demands a stapled OCSP response (TLS feature status_request), and none is given; set ocsp_staple."
                    : "The policy is MUST_STAPLE, and a certificate comes without an OCSP response; set ocsp_staple, or use LENIENT_STAPLING.");
            }
        }

        LibSsl.SSL_CTX_callback_ctrl(Handle, LibSsl.ControlStatusCallback, &TlsCallbacks.Staple);
    }

    private void SetUpClient(bool resumption)
    {
        LibSsl.SSL_CTX_ctrl(Handle, LibSsl.ControlSessionCacheMode, resumption ? LibSsl.SessionCacheClientExternal : LibSsl.SessionCacheOff, null);
        if (resumption)
            LibSsl.SSL_CTX_sess_set_new_cb(Handle, &TlsCallbacks.SessionEstablished);
    }

    private void UseCertificates()
    {
        // Later twins of a key type do not replace the first: the selection callback brings them in when a server name asks for them.
        HashSet<int> keyTypes = [];
        foreach (NativeCertificate certificate in Certificates)
        {
            if (!keyTypes.Add(certificate.KeyType))
                continue;
            if (LibSsl.SSL_CTX_use_cert_and_key(Handle, certificate.Leaf, certificate.Key, certificate.Intermediates, 1) != 1)
                throw new TlsConfigurationException($"OpenSSL refused the certificate ({OpenSslErrors.Take().Text}).");
        }

        if (Certificates.Length > 1)
            LibSsl.SSL_CTX_set_cert_cb(Handle, &TlsCallbacks.SelectCertificate, 0);
    }
}
