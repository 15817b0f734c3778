namespace Weft.Wire.Http;

/// <summary>
/// A request as routing and filters see it: spans that a codec, or a step such as path normalisation, has settled. The same for
/// every protocol. Lives on the stack.
/// </summary>
public readonly ref struct RequestView
{
    /// <summary>A view of a parsed head.</summary>
    public RequestView(scoped in RequestHead head, HeadView headers)
    {
        Headers = headers;
        Method = head.Method;
        MethodName = head.MethodName.Of(headers.Buffer);
        Version = head.Version;
        Authority = head.Authority.Of(headers.Buffer);
        Scheme = head.Scheme.Of(headers.Buffer);
        Path = head.Path.IsEmpty && head.Method != RequestMethod.Connect ? "/"u8 : head.Path.Of(headers.Buffer);
        Query = head.Query.Of(headers.Buffer);
        HasQuery = head.PathAndQuery.Length > head.Path.Length;
    }

    /// <summary>The header fields.</summary>
    public HeadView Headers { get; init; }

    /// <summary>The method when known by name.</summary>
    public RequestMethod Method { get; init; }

    /// <summary>The method's bytes.</summary>
    public ReadOnlySpan<byte> MethodName { get; init; }

    /// <summary>The version that the request arrived with.</summary>
    public WireVersion Version { get; init; }

    /// <summary>Host with optional port, as received.</summary>
    public ReadOnlySpan<byte> Authority { get; init; }

    /// <summary>The scheme, or empty when only the transport tells.</summary>
    public ReadOnlySpan<byte> Scheme { get; init; }

    /// <summary>The path without the query; <c>/</c> for an absolute target without a path, empty for CONNECT.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    /// <summary>The query without its question mark.</summary>
    public ReadOnlySpan<byte> Query { get; init; }

    /// <summary>True when the target has a question mark, even with nothing behind it.</summary>
    public bool HasQuery { get; init; }
}
