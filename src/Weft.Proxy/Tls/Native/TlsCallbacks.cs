using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weft.Proxy.Tls.Native;

/// <summary>
/// What OpenSSL calls in the middle of a handshake. Each runs on the thread that drives the session, finds that session behind the SSL, and never lets an
/// exception out into C: an unexpected one refuses the handshake.
/// </summary>
internal static unsafe class TlsCallbacks
{
    private static readonly int s_sslIndex = LibSsl.SSL_get_ex_data_X509_STORE_CTX_idx();

    private static TlsSession SessionOf(nint ssl) => (TlsSession)GCHandle.FromIntPtr(((TlsIo*)LibSsl.SSL_get_ex_data(ssl, 0))->Session).Target!;

    /// <summary>SSL_CTX_set_cert_verify_callback: 1 accepts the peer's certificate.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int Verify(nint storeContext, nint argument)
    {
        try
        {
            TlsSession session = SessionOf(LibCrypto.X509_STORE_CTX_get_ex_data(storeContext, s_sslIndex));
            bool accepted = session.VerifyPeer(LibCrypto.X509_STORE_CTX_get0_cert(storeContext), LibCrypto.X509_STORE_CTX_get0_untrusted(storeContext), out int error);
            LibCrypto.X509_STORE_CTX_set_error(storeContext, accepted ? 0 : error);
            return accepted ? 1 : 0;
        }
        catch (Exception)
        {
            LibCrypto.X509_STORE_CTX_set_error(storeContext, 1);
            return 0;
        }
    }

    /// <summary>SSL_CTX_set_alpn_select_cb: the server's first choice that the client offers, else none.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int SelectAlpn(nint ssl, byte** selected, byte* selectedLength, byte* offered, uint offeredLength, nint argument)
    {
        try
        {
            ReadOnlySpan<byte> preferred = SessionOf(ssl).ServerAlpn;
            ReadOnlySpan<byte> offer = new(offered, (int)offeredLength);
            for (int i = 0; i < preferred.Length; i += preferred[i] + 1)
            {
                ReadOnlySpan<byte> protocol = preferred.Slice(i + 1, preferred[i]);
                for (int j = 0; j < offer.Length && j + 1 + offer[j] <= offer.Length; j += offer[j] + 1)
                {
                    if (!offer.Slice(j + 1, offer[j]).SequenceEqual(protocol))
                        continue;
                    *selected = offered + j + 1;
                    *selectedLength = offer[j];
                    return LibSsl.ExtensionOk;
                }
            }

            return LibSsl.ExtensionNoAck;
        }
        catch (Exception)
        {
            return LibSsl.ExtensionNoAck;
        }
    }

    /// <summary>SSL_CTX_set_cert_cb: brings in the certificates whose names cover the server name; 1 goes on, 0 refuses.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int SelectCertificate(nint ssl, nint argument)
    {
        try
        {
            string name = OpenSslErrors.Text(LibSsl.SSL_get_servername(ssl, 0));
            return SessionOf(ssl).UseCertificatesFor(ssl, name) ? 1 : 0;
        }
        catch (Exception)
        {
            return 0;
        }
    }

    /// <summary>SSL_CTX_set_tlsext_status_cb, called for clients that ask for an OCSP response, after the certificate was chosen.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int Staple(nint ssl, nint argument)
    {
        try
        {
            return SessionOf(ssl).StapleTo(ssl) switch
            {
                StapleOutcome.Stapled => LibSsl.ExtensionOk,
                StapleOutcome.Omitted => LibSsl.ExtensionNoAck,
                _ => LibSsl.ExtensionFatal,
            };
        }
        catch (Exception)
        {
            return LibSsl.ExtensionFatal;
        }
    }

    /// <summary>SSL_CTX_set_session_ticket_cb: a ticket is used only when the certificate inside would pass a handshake now.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int TicketDecrypted(nint ssl, nint ticketSession, byte* keyName, nuint keyNameLength, int status, nint argument)
    {
        try
        {
            if (status is not (LibSsl.TicketStatusSuccess or LibSsl.TicketStatusSuccessRenew) || !SessionOf(ssl).MayResume(LibSsl.SSL_SESSION_get0_peer(ticketSession)))
                return LibSsl.TicketIgnoreRenew;
            return status == LibSsl.TicketStatusSuccess ? LibSsl.TicketUse : LibSsl.TicketUseRenew;
        }
        catch (Exception)
        {
            return LibSsl.TicketIgnoreRenew;
        }
    }

    /// <summary>SSL_CTX_sess_set_new_cb: 1 keeps the reference to the session.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int SessionEstablished(nint ssl, nint newSession)
    {
        try
        {
            return SessionOf(ssl).KeepForResumption(newSession) ? 1 : 0;
        }
        catch (Exception)
        {
            return 0;
        }
    }

    /// <summary>SSL_CTX_set_keylog_callback: a line of the NSS key log, at the moment at which OpenSSL begins to use the secret that it names.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void SecretMade(nint ssl, byte* line)
    {
        try
        {
            SessionOf(ssl).KeepSecret(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(line));
        }
        catch (Exception)
        {
            // Without its secrets the session stays with OpenSSL.
        }
    }
}
