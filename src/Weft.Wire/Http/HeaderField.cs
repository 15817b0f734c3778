using System.Runtime.InteropServices;

namespace Weft.Wire.Http;

/// <summary>
/// One header field as ranges in the head buffer: 10 bytes, no reference. Fields stand in the order received. Each line in the
/// buffer is <c>name ":" OWS value OWS CRLF</c> and the next line starts right behind it, so that unchanged runs of lines can be
/// copied in one go; a codec whose wire form differs (HTTP/2) writes its fields into the buffer in that same form.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
public struct HeaderField
{
    /// <summary>Offset of the name, which is also where the line starts.</summary>
    public ushort NameOffset;

    /// <summary>Bytes in the name.</summary>
    public ushort NameLength;

    /// <summary>Offset of the value, without white space before it.</summary>
    public ushort ValueOffset;

    /// <summary>Bytes in the value, without white space behind it.</summary>
    public ushort ValueLength;

    /// <summary>The name when it is one that the proxy knows; resolved once, while parsing.</summary>
    public KnownHeader Known;

    /// <summary>See <see cref="HeaderFieldFlags"/>.</summary>
    public HeaderFieldFlags Flags;

    /// <summary>The name as received.</summary>
    public readonly ReadOnlySpan<byte> Name(ReadOnlySpan<byte> head) => head.Slice(NameOffset, NameLength);

    /// <summary>The value as received, without surrounding white space.</summary>
    public readonly ReadOnlySpan<byte> Value(ReadOnlySpan<byte> head) => head.Slice(ValueOffset, ValueLength);
}
