namespace Weft.Wire.Http2;

/// <summary>
/// Why a request, a response or a trailer section is malformed (RFC 9113 section 8). Each is a stream error PROTOCOL_ERROR, except the last
/// three: those are messages that this hop does not take, which <see cref="Http2HeadErrors.Status"/> answers.
/// </summary>
public enum Http2HeadError : byte
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A name with an upper-case letter.</summary>
    UppercaseName,

    /// <summary>A name that is empty or has a byte that is not a token's.</summary>
    BadName,

    /// <summary>A value with a control character, or with white space at its start or end.</summary>
    BadValue,

    /// <summary>A pseudo-header field that is not defined, not for this kind of message, or in trailers.</summary>
    UnknownPseudo,

    /// <summary>A pseudo-header field twice.</summary>
    DuplicatePseudo,

    /// <summary>A pseudo-header field behind an ordinary one.</summary>
    LatePseudo,

    /// <summary>A pseudo-header field that must be there and is not, or is empty.</summary>
    MissingPseudo,

    /// <summary>CONNECT with <c>:path</c> or <c>:scheme</c> (RFC 9113 section 8.5).</summary>
    BadConnect,

    /// <summary><c>:protocol</c> in a request other than CONNECT, or where extended CONNECT was not announced (RFC 8441).</summary>
    UnexpectedProtocol,

    /// <summary>A field that concerns one connection of HTTP/1.1 (RFC 9113 section 8.2.2).</summary>
    ConnectionField,

    /// <summary>TE with anything but <c>trailers</c>.</summary>
    BadTe,

    /// <summary><c>:method</c> is not a token or is longer than 64 bytes.</summary>
    BadMethod,

    /// <summary><c>:scheme</c> is neither <c>http</c> nor <c>https</c> in lower case.</summary>
    BadScheme,

    /// <summary><c>:path</c> does not start with a slash, or has a fragment, a space or a control character.</summary>
    BadPath,

    /// <summary><c>:authority</c> or Host is not a host with an optional port, or has user information.</summary>
    BadAuthority,

    /// <summary>More than one Host, or one that differs from <c>:authority</c>.</summary>
    ConflictingHost,

    /// <summary><c>:status</c> is not three digits from 100 to 999, or is 101, which HTTP/2 does not have.</summary>
    BadStatus,

    /// <summary>An interim response that ends its stream.</summary>
    InterimEndsStream,

    /// <summary>Content-Length is not one plain decimal number that fits 63 bits, or is there more than once.</summary>
    BadContentLength,

    /// <summary>Content-Length is not zero where the head ends the stream, or where the status allows no content.</summary>
    ContentLengthMismatch,

    /// <summary>A name contains an underscore and the limits reject that.</summary>
    UnderscoreInName,

    /// <summary>An expectation other than <c>100-continue</c>.</summary>
    UnsupportedExpectation,

    /// <summary>The head does not fit the buffer or the field storage that the caller gave.</summary>
    TooLarge,
}
