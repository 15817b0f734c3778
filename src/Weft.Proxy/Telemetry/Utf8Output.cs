using System.Globalization;
using System.Text;

namespace Weft.Proxy.Telemetry;

/// <summary>
/// Writes UTF-8 text to a stream through one fixed buffer, so that a page of any length needs 16 KiB. For readers of telemetry
/// (admin), not for workers. <see cref="Flush"/> at the end.
/// </summary>
public sealed class Utf8Output(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _used;

    public Utf8Output Write(ReadOnlySpan<byte> text)
    {
        while (text.Length > _buffer.Length - _used)
        {
            int room = _buffer.Length - _used;
            text[..room].CopyTo(_buffer.AsSpan(_used));
            text = text[room..];
            _used += room;
            Flush();
        }

        text.CopyTo(_buffer.AsSpan(_used));
        _used += text.Length;
        return this;
    }

    public Utf8Output Write(string text)
    {
        if (Encoding.UTF8.GetMaxByteCount(text.Length) > _buffer.Length - _used)
        {
            Flush();
            if (Encoding.UTF8.GetMaxByteCount(text.Length) > _buffer.Length) return Write(Encoding.UTF8.GetBytes(text));
        }

        _used += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_used));
        return this;
    }

    public Utf8Output Write(long number)
    {
        if (_buffer.Length - _used < 24) Flush();
        number.TryFormat(_buffer.AsSpan(_used), out int written, default, CultureInfo.InvariantCulture);
        _used += written;
        return this;
    }

    /// <summary>A number of thousandths as a decimal fraction: 1500 is <c>1.5</c>.</summary>
    public Utf8Output WriteThousandths(long thousandths)
    {
        if (_buffer.Length - _used < 32) Flush();
        ((decimal)thousandths / 1000).TryFormat(_buffer.AsSpan(_used), out int written, "0.###", CultureInfo.InvariantCulture);
        _used += written;
        return this;
    }

    /// <summary>Hands all text to the stream.</summary>
    public void Flush()
    {
        if (_used > 0) stream.Write(_buffer, 0, _used);
        _used = 0;
    }
}
