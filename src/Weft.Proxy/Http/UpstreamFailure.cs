namespace Weft.Proxy.Http;

/// <summary>How an attempt at an upstream failed before or during its response.</summary>
internal enum UpstreamFailure : byte
{
    None,

    /// <summary>The connection could not be made (refused, unreachable, TLS).</summary>
    ConnectFailure,

    /// <summary>The connection was not made in time.</summary>
    ConnectTimeout,

    /// <summary>The peer ended or reset the connection.</summary>
    Termination,

    /// <summary>The peer reset the stream of HTTP/2.</summary>
    Reset,

    /// <summary>The peer refused the stream of HTTP/2: it did nothing with the request.</summary>
    Refused,

    /// <summary>The peer announced the end of the connection and that it had not looked at the request yet.</summary>
    NotProcessed,

    /// <summary>The peer broke HTTP.</summary>
    Protocol,

    /// <summary>The time for one attempt is up.</summary>
    PerTryTimeout,

    /// <summary>Nothing moved for the idle time of one attempt.</summary>
    PerTryIdleTimeout,
}
