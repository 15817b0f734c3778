namespace Weft.Wire.Http;

/// <summary>
/// What a peer did wrong on the wire. <see cref="WireErrors"/> turns each into a status and a details token, in one place.
/// Every one of them ends the connection.
/// </summary>
public enum WireError : byte
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The first line is not a method, a target and a version with single spaces between them.</summary>
    BadRequestLine,

    /// <summary>The method is not a token or is longer than 64 bytes (RFC 9110 section 9.1).</summary>
    BadMethod,

    /// <summary>The target has an illegal byte, a fragment, user information, or a form that its method does not allow (RFC 9112 section 3.2).</summary>
    BadTarget,

    /// <summary>The version is not of the form <c>HTTP/d.d</c>.</summary>
    BadVersion,

    /// <summary>The version is well-formed but neither HTTP/1.0 nor HTTP/1.1.</summary>
    UnsupportedVersion,

    /// <summary>HTTP/1.0, which the listener does not accept.</summary>
    Http10NotAccepted,

    /// <summary>The status line is not a version and a status of three digits from 100 to 999.</summary>
    BadStatusLine,

    /// <summary>A CR without LF, a LF without CR, or a NUL in the head.</summary>
    BadLineEnd,

    /// <summary>A header name is empty, has a byte that is not a token's, or white space stands before the colon.</summary>
    BadHeaderName,

    /// <summary>A header value has a control character.</summary>
    BadHeaderValue,

    /// <summary>A header line starts with white space (obs-fold, RFC 9112 section 5.2).</summary>
    FoldedHeader,

    /// <summary>A header name contains an underscore and the limits reject that.</summary>
    UnderscoreInHeaderName,

    /// <summary>The head has more bytes than the limit.</summary>
    HeadTooLarge,

    /// <summary>The head has more header fields than the limit.</summary>
    TooManyHeaders,

    /// <summary>An HTTP/1.1 request without Host, or with an empty one.</summary>
    MissingHost,

    /// <summary>More than one Host field.</summary>
    DuplicateHost,

    /// <summary>Host or the target's authority has a byte that is not a host's, or a bad port.</summary>
    BadHost,

    /// <summary>Content-Length is not one plain decimal number that fits 63 bits.</summary>
    BadContentLength,

    /// <summary>More than one Content-Length, or a list of them.</summary>
    DuplicateContentLength,

    /// <summary>Transfer-Encoding is empty, repeated, or in a message of HTTP/1.0.</summary>
    BadTransferEncoding,

    /// <summary>A transfer coding other than a single <c>chunked</c>.</summary>
    UnsupportedTransferEncoding,

    /// <summary>Both Content-Length and Transfer-Encoding (RFC 9112 section 6.1: the sign of a smuggling attempt).</summary>
    ConflictingFraming,

    /// <summary>A Connection field that is not a list of tokens, has more than 16 of them, or names a field that must reach the next hop.</summary>
    BadConnectionHeader,

    /// <summary>An expectation other than <c>100-continue</c>.</summary>
    UnsupportedExpectation,

    /// <summary>A response that cannot have a body (1xx, 204) announces one.</summary>
    UnexpectedBody,

    /// <summary>A chunk size that is not 1 to 16 hexadecimal digits, or does not fit 63 bits.</summary>
    BadChunkSize,

    /// <summary>A chunk extension with a control character, or more than 16 KiB of extensions in one body.</summary>
    BadChunkExtension,

    /// <summary>A chunk's size line or data is not followed by CR LF.</summary>
    BadChunkEnd,

    /// <summary>A trailer field that breaks the rules of header fields.</summary>
    BadTrailer,

    /// <summary>The trailer section has more bytes or more fields than the limits of a head allow.</summary>
    TrailersTooLarge,
}
