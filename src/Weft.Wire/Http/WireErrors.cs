namespace Weft.Wire.Http;

/// <summary>The one place that says what each <see cref="WireError"/> becomes: a status for the client, a token for logs, a sentence for people.</summary>
public static class WireErrors
{
    /// <summary>The status to answer a client with; a response from upstream with any error becomes 502 instead.</summary>
    public static int Status(WireError error) => error switch
    {
        WireError.None => 0,
        WireError.HeadTooLarge or WireError.TooManyHeaders or WireError.TrailersTooLarge => 431,
        WireError.UnsupportedTransferEncoding => 501,
        WireError.UnsupportedVersion => 505,
        WireError.Http10NotAccepted => 426,
        WireError.UnsupportedExpectation => 417,
        _ => 400,
    };

    /// <summary>The response code details for access logs: lower case, without spaces, in Envoy's <c>http1.</c> family.</summary>
    public static string Details(WireError error) => error switch
    {
        WireError.None => "",
        WireError.BadRequestLine => "http1.invalid_request_line",
        WireError.BadMethod => "http1.invalid_method",
        WireError.BadTarget => "http1.invalid_url",
        WireError.BadVersion => "http1.invalid_version",
        WireError.UnsupportedVersion => "http1.unsupported_version",
        WireError.Http10NotAccepted => "low_version",
        WireError.BadStatusLine => "http1.invalid_status_line",
        WireError.BadLineEnd => "http1.invalid_line_end",
        WireError.BadHeaderName => "http1.invalid_header_name",
        WireError.BadHeaderValue => "http1.invalid_characters",
        WireError.FoldedHeader => "http1.folded_header",
        WireError.UnderscoreInHeaderName => "http1.unexpected_underscore",
        WireError.HeadTooLarge => "http1.headers_too_large",
        WireError.TooManyHeaders => "http1.too_many_headers",
        WireError.MissingHost => "missing_host_header",
        WireError.DuplicateHost => "http1.duplicate_host",
        WireError.BadHost => "http1.invalid_host",
        WireError.BadContentLength => "http1.invalid_content_length",
        WireError.DuplicateContentLength => "http1.duplicate_content_length",
        WireError.BadTransferEncoding => "http1.invalid_transfer_encoding",
        WireError.UnsupportedTransferEncoding => "http1.unsupported_transfer_encoding",
        WireError.ConflictingFraming => "http1.content_length_and_chunked_not_allowed",
        WireError.BadConnectionHeader => "http1.connection_header_rejected",
        WireError.UnsupportedExpectation => "http1.unsupported_expectation",
        WireError.UnexpectedBody => "http1.body_disallowed",
        WireError.BadChunkSize => "http1.invalid_chunk_size",
        WireError.BadChunkExtension => "http1.invalid_chunk_extension",
        WireError.BadChunkEnd => "http1.invalid_chunk_end",
        WireError.BadTrailer => "http1.invalid_trailer",
        WireError.TrailersTooLarge => "http1.trailers_too_large",
        _ => "http1.codec_error",
    };

    /// <summary>A sentence that says what the peer sent and what would have been right.</summary>
    public static string Describe(WireError error) => error switch
    {
        WireError.None => "",
        WireError.BadRequestLine => "The request line is not a method, a target and a version with single spaces between them.",
        WireError.BadMethod => "The request method is not a token of at most 64 bytes.",
        WireError.BadTarget => "The request target has an illegal byte, a fragment or user information, or does not suit its method.",
        WireError.BadVersion => "The protocol version is not of the form HTTP/1.1.",
        WireError.UnsupportedVersion => "Only HTTP/1.1 is spoken on this connection.",
        WireError.Http10NotAccepted => "HTTP/1.0 is not accepted here; use HTTP/1.1.",
        WireError.BadStatusLine => "The status line is not a version and a status of three digits.",
        WireError.BadLineEnd => "A line of the head does not end with CR LF, or holds a NUL.",
        WireError.BadHeaderName => "A header name is empty, holds an illegal byte, or has white space before its colon.",
        WireError.BadHeaderValue => "A header value holds a control character.",
        WireError.FoldedHeader => "A header value is continued on a second line, which HTTP no longer allows.",
        WireError.UnderscoreInHeaderName => "A header name contains an underscore, which this listener rejects.",
        WireError.HeadTooLarge => "The head is larger than the limit.",
        WireError.TooManyHeaders => "The head has more header fields than the limit.",
        WireError.MissingHost => "The request has no Host header.",
        WireError.DuplicateHost => "The request has more than one Host header.",
        WireError.BadHost => "The Host header or the target's authority is not a host with an optional port.",
        WireError.BadContentLength => "Content-Length is not one plain decimal number.",
        WireError.DuplicateContentLength => "Content-Length is given more than once.",
        WireError.BadTransferEncoding => "Transfer-Encoding is empty, repeated, or used with HTTP/1.0.",
        WireError.UnsupportedTransferEncoding => "The only transfer coding that is supported is chunked.",
        WireError.ConflictingFraming => "Content-Length and Transfer-Encoding are both given.",
        WireError.BadConnectionHeader => "The Connection header is not a short list of tokens, or names a header that must be forwarded.",
        WireError.UnsupportedExpectation => "The only expectation that is supported is 100-continue.",
        WireError.UnexpectedBody => "A response that cannot have a body announces one.",
        WireError.BadChunkSize => "A chunk size is not 1 to 16 hexadecimal digits.",
        WireError.BadChunkExtension => "A chunk extension holds a control character, or the extensions are too long.",
        WireError.BadChunkEnd => "A chunk is not followed by CR LF.",
        WireError.BadTrailer => "A trailer field is not a valid header field.",
        WireError.TrailersTooLarge => "The trailer section is larger than the limit.",
        _ => "The peer broke the protocol.",
    };
}
