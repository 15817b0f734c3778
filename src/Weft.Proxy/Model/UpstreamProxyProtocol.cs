namespace Weft.Proxy.Model;

/// <summary>The PROXY header that connections to an endpoint begin with (<c>envoy.transport_sockets.upstream_proxy_protocol</c>).</summary>
public enum UpstreamProxyProtocol : byte
{
    None,

    /// <summary>The line of text.</summary>
    Version1,

    /// <summary>The binary form.</summary>
    Version2,
}
