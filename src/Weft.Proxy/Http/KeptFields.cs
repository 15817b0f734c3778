using Weft.Proxy.Engine;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>
/// Header fields that an access log asks for, kept by an exchange until its line is written, in the form of a parsed head. What does not fit 8 KiB
/// is left out; the memory comes from the worker's buffers and the ranges stay with the exchange.
/// </summary>
internal struct KeptFields
{
    private const int MaxBytes = 8 * 1024;
    private byte[]? _bytes;
    private HeaderField[]? _fields;
    private int _length;
    private int _count;

    public readonly ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public readonly ReadOnlySpan<HeaderField> Fields => _fields.AsSpan(0, _count);

    /// <summary>Keeps the first value of each wanted field that is there, instead of what was kept before.</summary>
    public void Keep(HeadView view, HeaderName[] wanted, BufferPool buffers)
    {
        _length = _count = 0;
        _bytes ??= buffers.Rent(MaxBytes);
        if (_fields is null || _fields.Length < wanted.Length) _fields = new HeaderField[wanted.Length];
        foreach (HeaderName name in wanted)
        {
            if (!view.TryGet(name, out ReadOnlySpan<byte> value) || _length + name.Bytes.Length + value.Length > MaxBytes) continue;
            int at = _length;
            name.Bytes.CopyTo(_bytes.AsSpan(at));
            value.CopyTo(_bytes.AsSpan(at + name.Bytes.Length));
            _length = at + name.Bytes.Length + value.Length;
            _fields[_count++] = new HeaderField
            {
                NameOffset = (ushort)at,
                NameLength = (ushort)name.Bytes.Length,
                ValueOffset = (ushort)(at + name.Bytes.Length),
                ValueLength = (ushort)value.Length,
                Known = name.Known,
            };
        }
    }

    /// <summary>Forgets what was kept.</summary>
    public void Clear(BufferPool buffers)
    {
        if (_bytes is not null) buffers.Return(_bytes);
        _bytes = null;
        _length = _count = 0;
    }
}
