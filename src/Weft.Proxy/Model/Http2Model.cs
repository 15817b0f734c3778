using Weft.Wire.Http2;

namespace Weft.Proxy.Model;

/// <summary>
/// What one side of HTTP/2 is configured to (<c>envoy.config.core.v3.Http2ProtocolOptions</c>). The defaults bound a connection to about a
/// megabyte of bodies that wait; they are Envoy's for an untrusted peer.
/// </summary>
public sealed record Http2Model
{
    /// <summary>Envoy's advice for an untrusted peer, and what holds when nothing is configured.</summary>
    public static Http2Model Default { get; } = new();

    /// <summary>The same towards an upstream, which says itself how many streams it takes.</summary>
    public static Http2Model Upstream { get; } = new() { MaxConcurrentStreams = int.MaxValue };

    /// <summary>Streams that the peer may have open with us; towards an upstream, that we open at most.</summary>
    public int MaxConcurrentStreams { get; init; } = 100;

    /// <summary>Bytes of a body that the peer may send ahead of our reading, for each stream.</summary>
    public int InitialStreamWindowBytes { get; init; } = 256 * 1024;

    /// <summary>The same for all streams of a connection together.</summary>
    public int InitialConnectionWindowBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of dynamic table that the peer's encoder may use.</summary>
    public int HeaderTableBytes { get; init; } = 4096;

    /// <summary>Take extended CONNECT, the way of WebSockets through HTTP/2 (RFC 8441).</summary>
    public bool AllowConnect { get; init; } = true;

    /// <summary>When legal behaviour is too much.</summary>
    public Http2AbuseLimits Abuse { get; init; } = Http2AbuseLimits.Mesh;

    /// <summary>A PING goes out after this long without one; zero is never.</summary>
    public TimeSpan KeepaliveInterval { get; init; }

    /// <summary>How long the answer to such a PING may take before the connection counts as dead.</summary>
    public TimeSpan KeepaliveTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
