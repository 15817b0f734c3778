namespace Weft.Proxy.Model;

/// <summary>Which HTTP a connection manager speaks with clients.</summary>
public enum HttpCodecType : byte
{
    /// <summary>By ALPN, or by the first bytes on plaintext.</summary>
    Auto,
    Http1,
    Http2,
}
