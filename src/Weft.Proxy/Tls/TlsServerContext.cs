using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls;

/// <summary>
/// The accepting side of TLS, ready for sessions: immutable, shared by all workers, made by <see cref="TlsContextFactory"/>. Sessions keep what they use of it alive;
/// replacing a context in a snapshot therefore needs no coordination, and its native memory goes when the last session is gone.
/// </summary>
public sealed class TlsServerContext
{
    internal TlsServerContext(TlsServerModel model, SslCore core, PeerVerifier? verifier, byte[] fingerprint)
    {
        Core = core;
        Verifier = verifier;
        Fingerprint = fingerprint;
        ClientCertificate = model.ClientCertificate;
        Alpn = AlpnList.Encode(model.Alpn);
    }

    /// <summary>What is asked of clients.</summary>
    public ClientCertificateMode ClientCertificate { get; }

    internal SslCore Core { get; }

    internal PeerVerifier? Verifier { get; }

    internal byte[] Alpn { get; }

    /// <summary>SHA-256 over everything that decides who may connect: the session id context, so that no ticket crosses from one policy to another.</summary>
    internal byte[] Fingerprint { get; }
}
