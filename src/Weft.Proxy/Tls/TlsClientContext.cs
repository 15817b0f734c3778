using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls;

/// <summary>The connecting side of TLS, ready for sessions. Immutable but for its one resumable session; see <see cref="TlsServerContext"/> for its life.</summary>
public sealed class TlsClientContext
{
    internal TlsClientContext(TlsClientModel model, SslCore core, PeerVerifier? verifier)
    {
        Core = core;
        Verifier = verifier;
        ServerName = string.IsNullOrEmpty(model.ServerName) ? null : model.ServerName;
        Alpn = AlpnList.Encode(model.Alpn);
        Resumption = model.Resumption ? new ResumptionSlot() : null;
    }

    /// <summary>The SNI that is sent unless a connection names another; null for none.</summary>
    public string? ServerName { get; }

    internal SslCore Core { get; }

    internal PeerVerifier? Verifier { get; }

    internal byte[] Alpn { get; }

    internal ResumptionSlot? Resumption { get; }
}
