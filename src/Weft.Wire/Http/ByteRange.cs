namespace Weft.Wire.Http;

/// <summary>A run of bytes inside a caller-owned head buffer. Offsets count from the start of that buffer; a head is at most 65,535 bytes.</summary>
public readonly record struct ByteRange(ushort Offset, ushort Length)
{
    /// <summary>True when the range holds no byte, or was never set.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The offset of the first byte after the range.</summary>
    public int End => Offset + Length;

    /// <summary>The bytes of the range in <paramref name="buffer"/>, which must be the buffer that the range was made for.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> buffer) => buffer.Slice(Offset, Length);

    internal static ByteRange At(int offset, int length) => new((ushort)offset, (ushort)length);
}
