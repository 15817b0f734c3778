namespace Weft.Wire.Http2;

/// <summary>What must happen because a peer broke the protocol: nothing, RST_STREAM or GOAWAY, with which code, and why.</summary>
/// <param name="Scope">What ends.</param>
/// <param name="Code">The code to send.</param>
/// <param name="Reason">The cause.</param>
public readonly record struct Http2Error(Http2ErrorScope Scope, Http2ErrorCode Code, Http2Reason Reason)
{
    /// <summary>No error; the default value.</summary>
    public static Http2Error None => default;

    /// <summary>True when there is no error.</summary>
    public bool IsNone => Scope == Http2ErrorScope.None;

    /// <summary>True when the whole connection must end.</summary>
    public bool IsConnectionError => Scope == Http2ErrorScope.Connection;

    /// <summary>An error that ends the connection.</summary>
    public static Http2Error Connection(Http2ErrorCode code, Http2Reason reason) => new(Http2ErrorScope.Connection, code, reason);

    /// <summary>An error that ends the stream.</summary>
    public static Http2Error Stream(Http2ErrorCode code, Http2Reason reason) => new(Http2ErrorScope.Stream, code, reason);

    /// <summary>The response code details for access logs, in Envoy's <c>http2.</c> family: lower case, without spaces.</summary>
    public string Details => Http2Reasons.Details(Reason);
}
