namespace Weft.Proxy.Model;

/// <summary>
/// The HTTP connection manager (<c>envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager</c>). Zero
/// turns a timeout off. The defaults are Envoy's.
/// </summary>
public sealed class HttpConnectionManagerModel : TerminalModel
{
    public HttpCodecType Codec { get; init; }

    public Http2Model Http2 { get; init; } = Http2Model.Default;

    /// <summary>The name of a route table in <see cref="ProxySnapshot.RouteTables"/> (RDS); null when <see cref="InlineRoutes"/> is given.</summary>
    public string? RouteConfigName { get; init; }

    public RouteTableModel? InlineRoutes { get; init; }

    /// <summary>The HTTP filters in order, without the router, which is always last.</summary>
    public IReadOnlyList<HttpFilterModel> Filters { get; init; } = [];

    /// <summary>True at the edge: the peer's address is the client's, X-Forwarded-For gets it appended, and X-Forwarded-Proto is set.</summary>
    public bool UseRemoteAddress { get; init; }

    /// <summary>
    /// How many proxies in front of this one are trusted: as many entries from the right of X-Forwarded-For name proxies and the client, where the
    /// connection's peer is the first of those proxies (<see cref="UseRemoteAddress"/>); one more where it is not.
    /// </summary>
    public int XffTrustedHops { get; init; }

    public bool SkipXffAppend { get; init; }

    /// <summary>What the <c>server</c> header says; Envoy: <c>envoy</c>, Istio: <c>istio-envoy</c>.</summary>
    public string ServerName { get; init; } = "envoy";

    public ServerHeaderMode ServerHeader { get; init; }

    public ForwardClientCertMode ForwardClientCert { get; init; }

    public ClientCertDetails ClientCertDetails { get; init; }

    public bool GenerateRequestId { get; init; } = true;

    public bool PreserveExternalRequestId { get; init; }

    public bool AlwaysSetRequestIdInResponse { get; init; }

    /// <summary>Lower-case upgrade tokens that are forwarded, for example <c>websocket</c>.</summary>
    public IReadOnlyList<string> UpgradeTypes { get; init; } = [];

    /// <summary>The whole request must have arrived in this time.</summary>
    public TimeSpan RequestTimeout { get; init; }

    /// <summary>The request's head must have arrived in this time after its first byte.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; }

    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection without a request is closed after this.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    public TimeSpan MaxConnectionDuration { get; init; }

    public TimeSpan MaxStreamDuration { get; init; }

    /// <summary>After the last byte of a closing response: how long to wait for the client to close.</summary>
    public TimeSpan DelayedCloseTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public int MaxRequestHeadersBytes { get; init; } = 60 * 1024;

    public int MaxRequestHeadersCount { get; init; } = 100;

    /// <summary>0 is no bound.</summary>
    public int MaxRequestsPerConnection { get; init; }

    public bool NormalizePath { get; init; }

    public bool MergeSlashes { get; init; }

    public EscapedSlashesAction EscapedSlashes { get; init; }

    public UnderscoreHeadersAction UnderscoreHeaders { get; init; }

    public bool AcceptHttp10 { get; init; }

    /// <summary>The authority of an HTTP/1.0 request without Host; empty refuses such a request.</summary>
    public string DefaultHostForHttp10 { get; init; } = "";

    public StripPortMode StripPort { get; init; }

    public bool StripTrailingHostDot { get; init; }

    /// <summary>Pass trailers of HTTP/1.1 clients and to them on; those of HTTP/2 always pass.</summary>
    public bool EnableTrailers { get; init; }

    /// <summary>True: a request that is refused for overload gets <c>x-envoy-local-overloaded: true</c> in its answer.</summary>
    public bool AppendLocalOverload { get; init; }

    /// <summary>Appended to the Via header when not empty.</summary>
    public string Via { get; init; } = "";
}
