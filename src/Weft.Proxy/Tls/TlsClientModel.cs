namespace Weft.Proxy.Tls;

/// <summary>All that the connecting side of TLS is made of; the result of compiling an Envoy <c>UpstreamTlsContext</c> and its secrets.</summary>
public sealed record TlsClientModel
{
    /// <summary>Versions, suites, groups.</summary>
    public TlsParameters Parameters { get; init; } = TlsParameters.Default;

    /// <summary>The client's own certificate; null for none.</summary>
    public TlsCertificate? Certificate { get; init; }

    /// <summary>What the server's certificate must show; null accepts anything (Istio: <c>insecureSkipVerify</c>).</summary>
    public TlsPeerPolicy? Peer { get; init; }

    /// <summary>The SNI to send; null or empty sends none.</summary>
    public string? ServerName { get; init; }

    /// <summary>Protocols to offer, in order.</summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];

    /// <summary>Keep the newest session and try to resume it (Envoy: <c>max_session_keys</c> 1). The server's certificate is checked again first.</summary>
    public bool Resumption { get; init; } = true;
}
