using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Trailers as the exchange passes them from codec to codec: <c>name: value CRLF</c> for each, nothing else.</summary>
internal ref struct TrailerLines(ReadOnlySpan<byte> lines)
{
    private ReadOnlySpan<byte> _rest = lines;

    /// <summary>Writes what may travel on into <paramref name="room"/>; returns the bytes. What finds no room is left out.</summary>
    public static int Write(HeadView trailers, Span<byte> room)
    {
        int at = 0;
        for (int i = 0; i < trailers.Fields.Length; i++)
        {
            ref readonly HeaderField field = ref trailers.Fields[i];
            ReadOnlySpan<byte> name = field.Name(trailers.Buffer);
            ReadOnlySpan<byte> value = field.Value(trailers.Buffer);
            if (!TrailerRules.MayForward(field) || at + name.Length + value.Length + 4 > room.Length) continue;
            name.CopyTo(room[at..]);
            at += name.Length;
            ": "u8.CopyTo(room[at..]);
            value.CopyTo(room[(at + 2)..]);
            at += value.Length + 2;
            "\r\n"u8.CopyTo(room[at..]);
            at += 2;
        }

        return at;
    }

    /// <summary>Moves to the next trailer.</summary>
    public bool Next(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        int colon = _rest.IndexOf((byte)':');
        int end = _rest.IndexOf("\r\n"u8);
        if (colon < 0 || end < colon)
        {
            name = value = default;
            return false;
        }

        name = _rest[..colon];
        value = _rest[(colon + 2)..end];
        _rest = _rest[(end + 2)..];
        return true;
    }
}
