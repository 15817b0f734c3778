using System.Runtime.InteropServices;

namespace Weft.Proxy.Tls.Native;

/// <summary>
/// The functions of OpenSSL's libssl.so.3 that Weft calls, under their own names. Handles are raw pointers; ownership is what OpenSSL's manual
/// says (get0 borrows, get1 and new own). Calls that neither block nor call back skip the runtime's transition.
/// </summary>
internal static unsafe partial class LibSsl
{
    private const string Name = "libssl.so.3";

    internal const int ModeAcceptMovingWriteBuffer = 0x2;
    internal const int ModeAutoRetry = 0x4;
    internal const int ModeReleaseBuffers = 0x10;
    internal const ulong OptionNoTicket = 0x4000;
    internal const ulong OptionNoCompression = 0x20000;
    internal const ulong OptionCipherServerPreference = 0x400000;
    internal const ulong OptionNoRenegotiation = 0x40000000;
    internal const int ControlMode = 33;
    internal const int ControlReadAhead = 41;
    internal const int ControlSessionCacheMode = 44;
    internal const int ControlMaxCertificateList = 51;
    internal const int ControlServerName = 55;
    internal const int ControlStatusCallback = 63;
    internal const int ControlStatusResponse = 71;
    internal const int ControlStatusType = 127;
    internal const int StatusTypeOcsp = 1;
    internal const int ControlChain = 88;
    internal const int ControlGroupsList = 92;
    internal const int ControlMinimumVersion = 123;
    internal const int ControlMaximumVersion = 124;
    internal const int SessionCacheOff = 0;
    internal const int SessionCacheClientExternal = 0x301;
    internal const int VerifyPeer = 1;
    internal const int VerifyFailIfNoPeerCertificate = 2;
    internal const int ShutdownBoth = 3;
    internal const int ErrorSsl = 1;
    internal const int ErrorWantRead = 2;
    internal const int ErrorWantWrite = 3;
    internal const int ErrorZeroReturn = 6;
    internal const int ExtensionOk = 0;
    internal const int ExtensionFatal = 2;
    internal const int ExtensionNoAck = 3;
    internal const int TicketIgnoreRenew = 2;
    internal const int TicketUse = 3;
    internal const int TicketUseRenew = 4;
    internal const int TicketStatusEmpty = 3;
    internal const int TicketStatusNoDecrypt = 4;
    internal const int TicketStatusSuccess = 5;
    internal const int TicketStatusSuccessRenew = 6;

    [LibraryImport(Name)]
    internal static partial nint TLS_server_method();

    [LibraryImport(Name)]
    internal static partial nint TLS_client_method();

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_free(nint context);

    [LibraryImport(Name)]
    internal static partial ulong SSL_CTX_set_options(nint context, ulong options);

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_ctrl(nint context, int command, nint number, void* pointer);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_default_read_buffer_len(nint context, nuint length);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_set_cipher_list(nint context, string list);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_set_ciphersuites(nint context, string list);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_security_level(nint context, int level);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_cert_cb(nint context, delegate* unmanaged[Cdecl]<nint, nint, int> callback, nint argument);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_cert_verify_callback(nint context, delegate* unmanaged[Cdecl]<nint, nint, int> callback, nint argument);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_alpn_select_cb(nint context, delegate* unmanaged[Cdecl]<nint, byte**, byte*, byte*, uint, nint, int> callback, nint argument);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_session_ticket_cb(nint context, nint generate, delegate* unmanaged[Cdecl]<nint, nint, byte*, nuint, int, nint, int> decrypt, nint argument);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_sess_set_new_cb(nint context, delegate* unmanaged[Cdecl]<nint, nint, int> callback);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_keylog_callback(nint context, delegate* unmanaged[Cdecl]<nint, byte*, void> callback);

    [LibraryImport(Name)]
    internal static partial void SSL_set_read_ahead(nint ssl, int yes);

    [LibraryImport(Name)]
    internal static partial int SSL_free_buffers(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_session(nint ssl);

    [LibraryImport(Name)]
    internal static partial byte SSL_SESSION_get_max_fragment_length(nint session);

    [LibraryImport(Name)]
    internal static partial ushort SSL_CIPHER_get_protocol_id(nint cipher);

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_callback_ctrl(nint context, int command, delegate* unmanaged[Cdecl]<nint, nint, int> callback);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_certificate(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_num_tickets(nint context, nuint count);

    [LibraryImport(Name)]
    internal static partial nuint SSL_CTX_set_timeout(nint context, nuint seconds);

    [LibraryImport(Name)]
    internal static partial nint SSL_new(nint context);

    [LibraryImport(Name)]
    internal static partial void SSL_free(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_ctrl(nint ssl, int command, nint number, void* pointer);

    [LibraryImport(Name)]
    internal static partial void SSL_set_bio(nint ssl, nint readBio, nint writeBio);

    [LibraryImport(Name)]
    internal static partial void SSL_set_accept_state(nint ssl);

    [LibraryImport(Name)]
    internal static partial void SSL_set_connect_state(nint ssl);

    [LibraryImport(Name)]
    internal static partial void SSL_set_verify(nint ssl, int mode, nint callback);

    [LibraryImport(Name)]
    internal static partial int SSL_set_alpn_protos(nint ssl, byte* protocols, uint length);

    [LibraryImport(Name)]
    internal static partial int SSL_set_session_id_context(nint ssl, byte* context, uint length);

    [LibraryImport(Name)]
    internal static partial void SSL_certs_clear(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_use_cert_and_key(nint ssl, nint certificate, nint key, nint chain, int replace);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_use_cert_and_key(nint context, nint certificate, nint key, nint chain, int replace);

    [LibraryImport(Name)]
    internal static partial int SSL_set_ex_data(nint ssl, int index, nint data);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial nint SSL_get_ex_data(nint ssl, int index);

    [LibraryImport(Name)]
    internal static partial int SSL_get_ex_data_X509_STORE_CTX_idx();

    [LibraryImport(Name)]
    internal static partial int SSL_do_handshake(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_read(nint ssl, byte* buffer, int length);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial int SSL_has_pending(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_write(nint ssl, byte* buffer, int length);

    [LibraryImport(Name)]
    internal static partial int SSL_shutdown(nint ssl);

    [LibraryImport(Name)]
    internal static partial void SSL_set_shutdown(nint ssl, int mode);

    [LibraryImport(Name)]
    internal static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Name)]
    internal static partial int SSL_version(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_current_cipher(nint ssl);

    [LibraryImport(Name)]
    internal static partial byte* SSL_CIPHER_get_name(nint cipher);

    [LibraryImport(Name)]
    internal static partial void SSL_get0_alpn_selected(nint ssl, byte** protocol, uint* length);

    [LibraryImport(Name)]
    internal static partial int SSL_select_next_proto(byte** selected, byte* selectedLength, byte* server, uint serverLength, byte* client, uint clientLength);

    [LibraryImport(Name)]
    internal static partial byte* SSL_get_servername(nint ssl, int type);

    [LibraryImport(Name)]
    internal static partial nint SSL_get1_peer_certificate(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_peer_cert_chain(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_session_reused(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_set_session(nint ssl, nint session);

    [LibraryImport(Name)]
    internal static partial nint SSL_get1_session(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_SESSION_get0_peer(nint session);

    [LibraryImport(Name)]
    internal static partial int SSL_SESSION_is_resumable(nint session);

    [LibraryImport(Name)]
    internal static partial void SSL_SESSION_free(nint session);
}
