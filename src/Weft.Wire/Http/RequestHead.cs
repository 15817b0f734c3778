namespace Weft.Wire.Http;

/// <summary>
/// A parsed request head: ranges into the buffer that it was parsed from, and nothing else, so it may be stored and copied
/// freely but means something only together with that buffer. Filled by a codec; the same for HTTP/1.1 and HTTP/2.
/// </summary>
public struct RequestHead
{
    /// <summary>The method when known by name.</summary>
    public RequestMethod Method;

    /// <summary>The version that the message arrived with.</summary>
    public WireVersion Version;

    /// <summary>How the body ends.</summary>
    public BodyFraming Framing;

    /// <summary>See <see cref="HeadFlags"/>.</summary>
    public HeadFlags Flags;

    /// <summary>The method's bytes.</summary>
    public ByteRange MethodName;

    /// <summary>The target as received: origin-form, absolute-form, authority-form or <c>*</c>.</summary>
    public ByteRange Target;

    /// <summary>The path with its query as received; empty for CONNECT and for an absolute-form target without a path (which means <c>/</c>).</summary>
    public ByteRange PathAndQuery;

    /// <summary>The path without the query.</summary>
    public ByteRange Path;

    /// <summary>The query without its question mark; empty when there is none.</summary>
    public ByteRange Query;

    /// <summary>Host and optional port: the target's when in absolute or authority form, else the Host field's. Empty only for HTTP/1.0.</summary>
    public ByteRange Authority;

    /// <summary>The scheme of an absolute-form target, or HTTP/2's <c>:scheme</c>; else empty and the transport decides.</summary>
    public ByteRange Scheme;

    /// <summary>The Upgrade field's value, or HTTP/2's <c>:protocol</c>, when <see cref="HeadFlags.Upgrade"/> is set.</summary>
    public ByteRange UpgradeToken;

    /// <summary>How many header fields the caller's storage holds.</summary>
    public ushort FieldCount;

    /// <summary>Offset of the first header line.</summary>
    public ushort FieldsOffset;

    /// <summary>Offset behind the last header line, where the empty line starts.</summary>
    public ushort FieldsEnd;

    /// <summary>Bytes of body when <see cref="Framing"/> is <see cref="BodyFraming.ContentLength"/>; else 0.</summary>
    public long ContentLength;

    /// <summary>True when every flag of <paramref name="flags"/> is set.</summary>
    public readonly bool Has(HeadFlags flags) => (Flags & flags) == flags;
}
