namespace Weft.Wire.Http;

/// <summary>The protocol version that a message arrived with.</summary>
public enum WireVersion : byte
{
    /// <summary>HTTP/1.0.</summary>
    Http10,

    /// <summary>HTTP/1.1.</summary>
    Http11,

    /// <summary>HTTP/2.</summary>
    Http2,
}
