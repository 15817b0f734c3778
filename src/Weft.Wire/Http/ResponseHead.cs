namespace Weft.Wire.Http;

/// <summary>A parsed response head: ranges into the buffer that it was parsed from. See <see cref="RequestHead"/> for ownership.</summary>
public struct ResponseHead
{
    /// <summary>The status, 100 to 999.</summary>
    public ushort Status;

    /// <summary>The version that the message arrived with.</summary>
    public WireVersion Version;

    /// <summary>How the body ends, with the request's method and the status taken into account.</summary>
    public BodyFraming Framing;

    /// <summary>See <see cref="HeadFlags"/>.</summary>
    public HeadFlags Flags;

    /// <summary>The reason phrase; may be empty.</summary>
    public ByteRange Reason;

    /// <summary>The Upgrade field's value when <see cref="HeadFlags.Upgrade"/> is set.</summary>
    public ByteRange UpgradeToken;

    /// <summary>How many header fields the caller's storage holds.</summary>
    public ushort FieldCount;

    /// <summary>Offset of the first header line.</summary>
    public ushort FieldsOffset;

    /// <summary>Offset behind the last header line, where the empty line starts.</summary>
    public ushort FieldsEnd;

    /// <summary>
    /// The announced Content-Length, or −1 when there is none. It is also kept for a response without a body (HEAD, 304), where it
    /// says what a GET would have had; how much really follows is told by <see cref="Framing"/>.
    /// </summary>
    public long ContentLength;

    /// <summary>True when every flag of <paramref name="flags"/> is set.</summary>
    public readonly bool Has(HeadFlags flags) => (Flags & flags) == flags;

    /// <summary>True for an interim response (1xx other than 101), after which the final one follows.</summary>
    public readonly bool IsInterim => Status is >= 100 and < 200 and not 101;
}
