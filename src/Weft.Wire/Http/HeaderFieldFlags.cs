namespace Weft.Wire.Http;

/// <summary>What the parser learnt about one header field.</summary>
[Flags]
public enum HeaderFieldFlags : byte
{
    None = 0,

    /// <summary>
    /// The field concerns this connection only and is not forwarded: Connection, Keep-Alive, Proxy-Connection, Upgrade, TE,
    /// HTTP2-Settings, and what a Connection field names (RFC 9110 section 7.6.1). Transfer-Encoding is not marked: the codec owns framing.
    /// </summary>
    HopByHop = 1,

    /// <summary>The name contains an underscore and the limits ask to drop such fields before forwarding.</summary>
    Dropped = 2,

    /// <summary>Either of the reasons for which a field is not forwarded.</summary>
    NotForwarded = HopByHop | Dropped,

    /// <summary>The field came as a never-indexed literal of HPACK and leaves as one where it leaves over HTTP/2 (RFC 7541 section 6.2.3).</summary>
    NeverIndexed = 4,
}
