namespace Weft.Wire.Http;

/// <summary>Names of the known methods. Methods are case-sensitive (RFC 9110 section 9.1).</summary>
public static class RequestMethods
{
    /// <summary>The known method that <paramref name="token"/> spells, or <see cref="RequestMethod.Other"/>.</summary>
    public static RequestMethod Resolve(ReadOnlySpan<byte> token) => token.Length switch
    {
        3 => token.SequenceEqual("GET"u8) ? RequestMethod.Get : token.SequenceEqual("PUT"u8) ? RequestMethod.Put : RequestMethod.Other,
        4 => token.SequenceEqual("POST"u8) ? RequestMethod.Post : token.SequenceEqual("HEAD"u8) ? RequestMethod.Head : RequestMethod.Other,
        5 => token.SequenceEqual("PATCH"u8) ? RequestMethod.Patch : token.SequenceEqual("TRACE"u8) ? RequestMethod.Trace : RequestMethod.Other,
        6 => token.SequenceEqual("DELETE"u8) ? RequestMethod.Delete : RequestMethod.Other,
        7 => token.SequenceEqual("OPTIONS"u8) ? RequestMethod.Options : token.SequenceEqual("CONNECT"u8) ? RequestMethod.Connect : RequestMethod.Other,
        _ => RequestMethod.Other,
    };

    /// <summary>The wire name of a known method; empty for <see cref="RequestMethod.Other"/>.</summary>
    public static ReadOnlySpan<byte> Name(RequestMethod method) => method switch
    {
        RequestMethod.Get => "GET"u8,
        RequestMethod.Head => "HEAD"u8,
        RequestMethod.Post => "POST"u8,
        RequestMethod.Put => "PUT"u8,
        RequestMethod.Delete => "DELETE"u8,
        RequestMethod.Patch => "PATCH"u8,
        RequestMethod.Options => "OPTIONS"u8,
        RequestMethod.Connect => "CONNECT"u8,
        RequestMethod.Trace => "TRACE"u8,
        _ => default,
    };
}
