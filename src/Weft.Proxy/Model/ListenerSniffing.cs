namespace Weft.Proxy.Model;

/// <summary>The listener filters of a listener, in the fixed order in which they run: PROXY protocol, original destination, TLS, HTTP.</summary>
[Flags]
public enum ListenerSniffing : byte
{
    None = 0,

    /// <summary><c>envoy.filters.listener.proxy_protocol</c>: the connection starts with a PROXY header.</summary>
    ProxyProtocol = 1,

    /// <summary><c>envoy.filters.listener.original_dst</c>: the local address is what the client dialled before redirection.</summary>
    OriginalDestination = 2,

    /// <summary><c>envoy.filters.listener.tls_inspector</c>: read SNI and ALPN of a ClientHello.</summary>
    Tls = 4,

    /// <summary><c>envoy.filters.listener.http_inspector</c>: tell HTTP/1 and HTTP/2 plaintext from other protocols.</summary>
    Http = 8,
}
