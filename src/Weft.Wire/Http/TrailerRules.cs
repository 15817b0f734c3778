namespace Weft.Wire.Http;

/// <summary>Which trailer fields may travel on (RFC 9110 section 6.5.1): never those that frame, route, authenticate or describe the content.</summary>
public static class TrailerRules
{
    /// <summary>True when a trailer of this name may be forwarded where trailers are enabled.</summary>
    public static bool MayForward(in HeaderField field) => (field.Flags & HeaderFieldFlags.NotForwarded) == 0 && field.Known is not (
        (> KnownHeader.None and <= KnownHeader.Http2Settings) or KnownHeader.Authorization or KnownHeader.ProxyAuthorization
        or KnownHeader.WwwAuthenticate or KnownHeader.Cookie or KnownHeader.SetCookie or KnownHeader.ContentType or KnownHeader.ContentEncoding
        or KnownHeader.Range or KnownHeader.CacheControl or KnownHeader.Location or KnownHeader.Date or KnownHeader.Expires or KnownHeader.Vary
        or KnownHeader.XForwardedFor or KnownHeader.XForwardedHost or KnownHeader.XForwardedProto or KnownHeader.XForwardedClientCert);
}
