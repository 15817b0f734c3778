namespace Weft.Wire.Http2;

/// <summary>One decoded header field. The spans are valid only until the receiver returns.</summary>
public readonly ref struct HpackField
{
    internal HpackField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int staticIndex, bool isSensitive)
    {
        Name = name;
        Value = value;
        StaticIndex = staticIndex;
        IsSensitive = isSensitive;
    }

    /// <summary>The name as received; nothing says yet that it is valid.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value as received.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>
    /// The first entry of the static table with this name when the name came from there, directly or through the dynamic table; else 0. A
    /// peer may spell out such a name too, so 0 says nothing about the name.
    /// </summary>
    public int StaticIndex { get; }

    /// <summary>The field came as a never-indexed literal and must leave as one (RFC 7541 section 6.2.3).</summary>
    public bool IsSensitive { get; }
}
