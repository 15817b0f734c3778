namespace Weft.Wire.Http2;

/// <summary>The one place that says what each <see cref="Http2HeadError"/> becomes.</summary>
public static class Http2HeadErrors
{
    /// <summary>The status to answer a request with instead of resetting its stream, or 0 when the stream is reset with PROTOCOL_ERROR.</summary>
    public static int Status(Http2HeadError error) => error switch
    {
        Http2HeadError.UnderscoreInName => 400,
        Http2HeadError.UnsupportedExpectation => 417,
        Http2HeadError.TooLarge => 431,
        _ => 0,
    };

    /// <summary>The response code details: lower case, without spaces, in Envoy's <c>http2.</c> family.</summary>
    public static string Details(Http2HeadError error) => error switch
    {
        Http2HeadError.None => "",
        Http2HeadError.UppercaseName => "http2.uppercase_name",
        Http2HeadError.BadName => "http2.bad_name",
        Http2HeadError.BadValue => "http2.bad_value",
        Http2HeadError.UnknownPseudo => "http2.unknown_pseudo",
        Http2HeadError.DuplicatePseudo => "http2.duplicate_pseudo",
        Http2HeadError.LatePseudo => "http2.late_pseudo",
        Http2HeadError.MissingPseudo => "http2.missing_pseudo",
        Http2HeadError.BadConnect => "http2.bad_connect",
        Http2HeadError.UnexpectedProtocol => "http2.unexpected_protocol",
        Http2HeadError.ConnectionField => "http2.connection_field",
        Http2HeadError.BadTe => "http2.bad_te",
        Http2HeadError.BadMethod => "http2.bad_method",
        Http2HeadError.BadScheme => "http2.bad_scheme",
        Http2HeadError.BadPath => "http2.bad_path",
        Http2HeadError.BadAuthority => "http2.bad_authority",
        Http2HeadError.ConflictingHost => "http2.conflicting_host",
        Http2HeadError.BadStatus => "http2.bad_status",
        Http2HeadError.InterimEndsStream => "http2.interim_ends_stream",
        Http2HeadError.BadContentLength => "http2.bad_content_length",
        Http2HeadError.ContentLengthMismatch => "http2.content_length_mismatch",
        Http2HeadError.UnderscoreInName => "http2.unexpected_underscore",
        Http2HeadError.UnsupportedExpectation => "http2.unsupported_expectation",
        Http2HeadError.TooLarge => "http2.headers_too_large",
        _ => "http2.codec_error",
    };
}
