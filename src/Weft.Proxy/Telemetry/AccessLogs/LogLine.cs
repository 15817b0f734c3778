using System.Buffers;
using System.Globalization;
using System.Text;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>
/// One log line as it grows, in a buffer of the worker. Values are escaped, so that nobody can forge a line or a field: in text control characters, quote and
/// backslash become <c>\xNN</c>; in JSON the same as JSON asks, and what is no UTF-8 becomes U+FFFD. What does not fit is
/// cut off; the line still ends with its line feed.
/// </summary>
internal ref struct LogLine(Span<byte> buffer)
{
    private static readonly SearchValues<byte> s_plain = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x5f).Select(value => (byte)value).Where(value => value is not ((byte)'"' or (byte)'\\'))]);

    private readonly Span<byte> _buffer = buffer;
    private int _used;

    public bool IsJson { get; set; }

    public readonly int Length => _used;

    /// <summary>The line; ends with a line feed even when it was cut off.</summary>
    public readonly ReadOnlySpan<byte> Finish()
    {
        if (_used == _buffer.Length) _buffer[^1] = (byte)'\n';
        return _buffer[.._used];
    }

    public void Rewind(int length) => _used = length;

    /// <summary>Text of the format, as it is.</summary>
    public void Literal(scoped ReadOnlySpan<byte> text)
    {
        int count = Math.Min(text.Length, _buffer.Length - _used);
        text[..count].CopyTo(_buffer[_used..]);
        _used += count;
    }

    /// <summary>A value from outside.</summary>
    /// <param name="value">Its bytes.</param>
    /// <param name="maxBytes">At most so many; 0 is no bound.</param>
    public void Value(scoped ReadOnlySpan<byte> value, int maxBytes)
    {
        if (maxBytes > 0 && value.Length > maxBytes) value = value[..maxBytes];
        int plain = value.IndexOfAnyExcept(s_plain);
        if (plain < 0) Literal(value);
        else Escape(value, plain);
    }

    /// <summary>A value that is kept as a string.</summary>
    public void Value(string value, int maxBytes)
    {
        if (maxBytes > 0 && value.Length > maxBytes) value = value[..maxBytes];
        Span<byte> bytes = stackalloc byte[256];
        for (int at = 0; at < value.Length;)
        {
            // 85 characters are at most 255 bytes; a surrogate pair that the cut would split goes to the next round.
            int count = Math.Min(85, value.Length - at);
            if (count > 1 && at + count < value.Length && char.IsHighSurrogate(value[at + count - 1])) count--;
            Value(bytes[..Encoding.UTF8.GetBytes(value.AsSpan(at, count), bytes)], 0);
            at += count;
        }
    }

    public void Number(long number)
    {
        if (number.TryFormat(_buffer[_used..], out int written, default, CultureInfo.InvariantCulture)) _used += written;
    }

    /// <summary>A number with leading zeros.</summary>
    public void Padded(long number, int digits)
    {
        if (_buffer.Length - _used < digits) return;
        for (int i = digits - 1; i >= 0; i--)
        {
            _buffer[_used + i] = (byte)('0' + number % 10);
            number /= 10;
        }

        _used += digits;
    }

    private void Escape(scoped ReadOnlySpan<byte> value, int plain)
    {
        while (plain >= 0)
        {
            Literal(value[..plain]);
            value = value[plain..];
            value = value[EscapeOne(value)..];
            plain = value.IndexOfAnyExcept(s_plain);
        }

        Literal(value);
    }

    /// <summary>Escapes what the value begins with and returns how many bytes that was.</summary>
    private int EscapeOne(scoped ReadOnlySpan<byte> value)
    {
        byte first = value[0];
        if (first < 0x80)
        {
            Literal(IsJson ? "\\u00"u8 : "\\x"u8);
            Literal([Hex(first >> 4), Hex(first & 15)]);
            return 1;
        }

        if (Rune.DecodeFromUtf8(value, out _, out int consumed) == OperationStatus.Done)
        {
            Literal(value[..consumed]);
            return consumed;
        }

        if (IsJson) Literal("\\ufffd"u8);
        else Literal([(byte)'\\', (byte)'x', Hex(first >> 4), Hex(first & 15)]);
        return 1;
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
}
