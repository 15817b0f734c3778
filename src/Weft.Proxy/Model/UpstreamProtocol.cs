namespace Weft.Proxy.Model;

/// <summary>The protocol towards a cluster's endpoints.</summary>
public enum UpstreamProtocol : byte
{
    Http1,
    Http2,

    /// <summary>The same as the client used.</summary>
    UseDownstream,

    /// <summary>By ALPN.</summary>
    Auto,
}
