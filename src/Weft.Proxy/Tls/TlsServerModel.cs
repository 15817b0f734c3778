using Weft.Proxy.Model;

namespace Weft.Proxy.Tls;

/// <summary>All that the accepting side of TLS is made of; the result of compiling an Envoy <c>DownstreamTlsContext</c> and its secrets.</summary>
public sealed record TlsServerModel
{
    /// <summary>How long a ticket is good for unless something else is asked for.</summary>
    public static TimeSpan DefaultSessionLifetime { get; } = TimeSpan.FromHours(2);

    /// <summary>Versions, suites, groups.</summary>
    public TlsParameters Parameters { get; init; } = TlsParameters.Default;

    /// <summary>At least one. With several, the one whose names cover the client's SNI is used, else the first; RSA and ECDSA twins may stand side by side.</summary>
    public required IReadOnlyList<TlsCertificate> Certificates { get; init; }

    /// <summary>What a client's certificate must show; null accepts whatever is shown.</summary>
    public TlsPeerPolicy? Peer { get; init; }

    /// <summary>Whether clients must show a certificate.</summary>
    public ClientCertificateMode ClientCertificate { get; init; }

    /// <summary>Protocols in order of preference; a client that offers none of them continues without ALPN, as in Envoy.</summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];

    /// <summary>What becomes of a certificate whose OCSP response is missing or old.</summary>
    public OcspStaplePolicy OcspStaplePolicy { get; init; }

    /// <summary>Hand out session tickets. Keys live in this context only, and each resumption checks the client's certificate again.</summary>
    public bool SessionTickets { get; init; } = true;

    /// <summary>How long a ticket is good for.</summary>
    public TimeSpan SessionLifetime { get; init; } = DefaultSessionLifetime;
}
