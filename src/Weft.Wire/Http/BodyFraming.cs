namespace Weft.Wire.Http;

/// <summary>How the end of a message's body is found (RFC 9112 section 6).</summary>
public enum BodyFraming : byte
{
    /// <summary>The message has no body.</summary>
    None,

    /// <summary>The body has exactly the number of bytes that the head announces.</summary>
    ContentLength,

    /// <summary>The body is in chunks and ends with a chunk of size zero; over HTTP/2, it is in DATA frames until END_STREAM and nothing announced its size.</summary>
    Chunked,

    /// <summary>The body ends when the peer closes; only a response may do this.</summary>
    UntilClose,
}
