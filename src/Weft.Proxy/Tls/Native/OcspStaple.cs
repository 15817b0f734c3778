namespace Weft.Proxy.Tls.Native;

/// <summary>
/// An OCSP response for a server's own certificate (RFC 6960), checked once to be about that certificate. Its signature is the clients' business. Immutable but for the
/// passing of time; freed by finalisation.
/// </summary>
internal sealed unsafe class OcspStaple
{
    private const int MaxBytes = 64 * 1024;
    private readonly nint basic;
    private readonly nint nextUpdate;
    private readonly byte[] der;

    internal OcspStaple(ReadOnlyMemory<byte> response, nint leaf)
    {
        der = response.ToArray();
        if (der.Length > MaxBytes)
            throw new TlsConfigurationException($"The OCSP response has {der.Length} bytes; at most {MaxBytes} are accepted.");
        nint parsed;
        fixed (byte* start = der)
        {
            byte* at = start;
            parsed = LibCrypto.d2i_OCSP_RESPONSE(null, &at, der.Length);
        }

        if (parsed == 0)
            throw new TlsConfigurationException($"The OCSP response cannot be read; it must be one in DER ({OpenSslErrors.Take().Text}).");
        int status = LibCrypto.OCSP_response_status(parsed);
        basic = status == LibCrypto.OcspSuccessful ? LibCrypto.OCSP_response_get1_basic(parsed) : 0;
        LibCrypto.OCSP_RESPONSE_free(parsed);
        if (basic == 0)
        {
            LibCrypto.ERR_clear_error();
            throw new TlsConfigurationException($"The OCSP response is not a successful one (its status is {status}); ask the responder again.");
        }

        if (LibCrypto.OCSP_resp_count(basic) != 1)
            throw new TlsConfigurationException("The OCSP response is about several certificates; it must be about one.");
        nint single = LibCrypto.OCSP_resp_get0(basic, 0), serial;
        if (LibCrypto.OCSP_id_get0_info(null, null, null, &serial, LibCrypto.OCSP_SINGLERESP_get0_id(single)) != 1
            || LibCrypto.ASN1_INTEGER_cmp(serial, LibCrypto.X509_get_serialNumber(leaf)) != 0)
        {
            throw new TlsConfigurationException("The OCSP response is about another certificate: the serial numbers differ.");
        }

        nint next;
        _ = LibCrypto.OCSP_single_get0_status(single, null, null, null, &next);
        nextUpdate = next;
    }

    ~OcspStaple()
    {
        if (basic != 0)
            LibCrypto.OCSP_BASICRESP_free(basic);
    }

    /// <summary>Whether its time is over by the system's clock. A response that names no end cannot be told to be current and counts as expired, as in Envoy.</summary>
    internal bool IsExpired
    {
        get
        {
            bool expired = nextUpdate == 0 || LibCrypto.X509_cmp_current_time(nextUpdate) <= 0;
            GC.KeepAlive(this);
            return expired;
        }
    }

    /// <summary>Gives a copy to the connection, which OpenSSL owns from then on; false when there is no memory.</summary>
    internal bool GiveTo(nint ssl)
    {
        void* copy = LibCrypto.CRYPTO_malloc((nuint)der.Length, null, 0);
        if (copy == null)
            return false;
        der.CopyTo(new Span<byte>(copy, der.Length));
        LibSsl.SSL_ctrl(ssl, LibSsl.ControlStatusResponse, der.Length, copy);
        return true;
    }
}
