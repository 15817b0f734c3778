using Weft.Wire.Http;

namespace Weft.Wire.Http2;

/// <summary>Which fields go into the encoder's table. A connection to a service carries the requests of many clients, so what differs from request to request stays out.</summary>
internal static class HpackPolicy
{
    /// <summary>Cookies shorter than this can be guessed byte by byte if anyone indexes them (RFC 7541 section 7.1.3).</summary>
    private const int ShortSecretBytes = 20;

    /// <summary>The choice for a field, by its name in lower case.</summary>
    public static HpackChoice Choose(KnownHeader known, int staticIndex, int valueLength) => known switch
    {
        KnownHeader.Authorization or KnownHeader.ProxyAuthorization or KnownHeader.XForwardedClientCert => HpackChoice.Never,
        KnownHeader.Cookie or KnownHeader.SetCookie => valueLength < ShortSecretBytes ? HpackChoice.Never : HpackChoice.Without,
        KnownHeader.XRequestId or KnownHeader.XClientTraceId or KnownHeader.Traceparent or KnownHeader.Tracestate or KnownHeader.B3 or KnownHeader.XB3Traceid
            or KnownHeader.XB3Spanid or KnownHeader.XB3Parentspanid or KnownHeader.XOtSpanContext or KnownHeader.ContentLength
            or KnownHeader.Etag or KnownHeader.LastModified or KnownHeader.IfNoneMatch or KnownHeader.IfModifiedSince or KnownHeader.Age or KnownHeader.Expires
            or KnownHeader.Range or KnownHeader.Location or KnownHeader.XEnvoyUpstreamServiceTime or KnownHeader.XEnvoyOriginalPath
            or KnownHeader.GrpcTimeout or KnownHeader.GrpcMessage or KnownHeader.GrpcStatusDetailsBin => HpackChoice.Without,
        KnownHeader.UserAgent or KnownHeader.Accept or KnownHeader.AcceptEncoding or KnownHeader.AcceptLanguage or KnownHeader.ContentType
            or KnownHeader.ContentEncoding or KnownHeader.CacheControl or KnownHeader.Server or KnownHeader.Te or KnownHeader.Via or KnownHeader.Vary
            or KnownHeader.GrpcStatus or KnownHeader.GrpcEncoding or KnownHeader.GrpcAcceptEncoding or KnownHeader.XForwardedProto => HpackChoice.Index,
        _ => staticIndex is HpackStaticTable.Authority or HpackStaticTable.Method or HpackStaticTable.Scheme or HpackStaticTable.Status
            ? HpackChoice.Index : HpackChoice.WhenSeenAgain,
    };
}
