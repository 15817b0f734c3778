namespace Weft.Wire.Sniffing;

/// <summary>What the first bytes of a connection show.</summary>
public enum SniffedProtocol : byte
{
    /// <summary>The bytes so far may become more than one of the others.</summary>
    NeedMore,

    /// <summary>A TLS handshake record that holds a ClientHello.</summary>
    Tls,

    /// <summary>The HTTP/2 connection preface in clear text.</summary>
    Http2,

    /// <summary>An HTTP/1 request line.</summary>
    Http1,

    /// <summary>None of these: forwarded as plain TCP.</summary>
    Other,
}
