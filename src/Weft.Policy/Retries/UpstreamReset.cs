namespace Weft.Policy.Retries;

/// <summary>How a try ended without a response.</summary>
public enum UpstreamReset : byte
{
    /// <summary>No connection could be made: refused, unreachable, timed out, or its TLS handshake failed.</summary>
    ConnectFailure,

    /// <summary>The connection ended before one byte of the request was written, such as a pooled one that the peer had closed.</summary>
    BeforeRequest,

    /// <summary>The stream or the connection ended after bytes of the request were written.</summary>
    AfterRequest,

    /// <summary>The peer refused the stream (HTTP/2 REFUSED_STREAM): it did not process it.</summary>
    RefusedStream,

    /// <summary>The time for one try was up.</summary>
    PerTryTimeout,

    /// <summary>A circuit breaker was open; never retried, as that would add to the load.</summary>
    Overflow,
}
