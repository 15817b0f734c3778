namespace Weft.Wire.Http2;

/// <summary>The pseudo-header fields that a head has had.</summary>
[Flags]
internal enum Http2PseudoFields : byte
{
    None = 0,
    Authority = 1,
    Method = 2,
    Path = 4,
    Scheme = 8,
    Status = 16,
    Protocol = 32,

    Request = Authority | Method | Path | Scheme | Protocol,
}
