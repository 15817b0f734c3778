using System.Runtime.InteropServices;

namespace Weft.Proxy.Tls.Native;

/// <summary>Reads OpenSSL's error queue of the calling thread.</summary>
internal static unsafe class OpenSslErrors
{
    private const int AlertReasonBase = 1000;
    private const nuint LibraryOfSsl = 20;
    private const nuint ReasonMask = 0x7FFFFF;

    /// <summary>Takes the first error of the queue, which is nearest to the cause, and empties it. Reason 0 when the queue was empty.</summary>
    internal static (int Reason, string Text) Take()
    {
        nuint error = LibCrypto.ERR_get_error();
        if (error == 0)
            return (0, "");
        string text = Text(LibCrypto.ERR_reason_error_string(error));
        LibCrypto.ERR_clear_error();
        int reason = (int)(error & ReasonMask);
        return (reason, text.Length > 0 ? text : $"error {error:x}");
    }

    /// <summary>
    /// Empties the queue, so that what the next call adds is its own. OpenSSL 3 frees 32 pointers to clear an empty queue, a twelfth of the cost of a small
    /// request over TLS; looking first costs next to nothing.
    /// </summary>
    internal static void Forget()
    {
        if (LibCrypto.ERR_peek_error() != 0)
            LibCrypto.ERR_clear_error();
    }

    /// <summary>What OpenSSL calls an alert of the peer.</summary>
    internal static string AlertText(byte alert)
    {
        string text = Text(LibCrypto.ERR_reason_error_string((LibraryOfSsl << 23) | (AlertReasonBase + (nuint)alert)));
        return text.Length > 0 ? text : $"alert {alert}";
    }

    internal static string Text(byte* text) => text == null ? "" : Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>OpenSSL's SSL_R_ codes as Weft's closed list of reasons.</summary>
    internal static TlsFailure Classify(int reason) => reason switch
    {
        116 or 155 or 156 or 267 => TlsFailure.NotTls,
        191 or 258 or 396 => TlsFailure.ProtocolVersion,
        101 or 118 or 193 or 295 or 410 => TlsFailure.NoSharedAlgorithm,
        134 => TlsFailure.CertificateUntrusted,
        199 => TlsFailure.CertificateMissing,
        294 => TlsFailure.Truncated,
        >= AlertReasonBase and < AlertReasonBase + 256 => TlsFailure.PeerAlert,
        _ => TlsFailure.Protocol,
    };
}
