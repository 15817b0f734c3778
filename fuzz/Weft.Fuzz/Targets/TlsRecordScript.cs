namespace Weft.Fuzz.Targets;

/// <summary>
/// Reads an input as a list of records. The first byte is the setting: 1 our side is the server's, 2 keys of 256 bits, 4 what we owe goes out often, from 32 on the reader's buffer. Then for each
/// record a byte whose low two bits tell what follows; the others are how often it is repeated and 24 more, or nothing where that is less than 16 times:
/// <code>
/// 0 type padding length content   sealed                       2 length content        bytes as they are
/// 1 type padding length(2) byte   sealed, of one byte          3 type place length content   sealed, and the byte at the place changed
/// </code>
/// </summary>
internal ref struct TlsRecordScript(ReadOnlySpan<byte> input)
{
    /// <summary>The longest plaintext with type and padding: more than the protocol allows, as much as its header can say.</summary>
    internal const int MaxInnerBytes = 17_500;

    private readonly ReadOnlySpan<byte> _input = input;
    private readonly byte _setting = input.IsEmpty ? (byte)0 : input[0];
    private int _at = 1;
    private int _again;
    private int _item;

    internal readonly bool IsServer => (_setting & 1) != 0;

    /// <summary>1 for the server's, 2 for long keys.</summary>
    internal readonly int Side => _setting & 3;

    internal readonly bool SendsOften => (_setting & 4) != 0;

    internal readonly int Room => _setting >> 5;

    /// <summary>The next record: its plaintext with type and padding, or its bytes. False at the end.</summary>
    internal bool Next(scoped Span<byte> inner, out int length, out TlsRecordKind kind, out int place)
    {
        length = place = 0;
        kind = default;
        if (_again > 0) (_again, _at) = (_again - 1, _item);
        else if (_at < _input.Length) (_item, _again) = (_at, (_input[_at] >> 2) - 24 is var again and >= 16 ? again : 0);
        else return false;
        int form = Byte() & 3;
        kind = form switch { 2 => TlsRecordKind.Raw, 3 => TlsRecordKind.Changed, _ => TlsRecordKind.Sealed };
        if (form == 2)
        {
            length = Take(inner, Byte());
            return true;
        }

        byte type = Byte();
        int padding = Byte();
        if (form == 3) (place, padding) = (padding * 7, 0);
        if (form == 1)
        {
            length = Math.Min((Byte() << 8) | Byte(), MaxInnerBytes - 300);
            inner[..length].Fill(Byte());
        }
        else
        {
            length = Take(inner, Byte());
        }

        inner[length++] = type;
        inner.Slice(length, padding).Clear();
        length += padding;
        return true;
    }

    private byte Byte() => _at < _input.Length ? _input[_at++] : (byte)0;

    private int Take(scoped Span<byte> target, int count)
    {
        int taken = Math.Min(count, Math.Max(0, _input.Length - _at));
        if (taken > 0) _input.Slice(_at, taken).CopyTo(target);
        _at += taken;
        return taken;
    }
}
