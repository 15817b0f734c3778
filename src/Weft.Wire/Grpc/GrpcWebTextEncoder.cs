using System.Buffers.Text;

namespace Weft.Wire.Grpc;

/// <summary>
/// Makes the base64 of an <c>application/grpc-web-text</c> body out of a gRPC body that comes in pieces of any size. Each message is padded by
/// itself, as Envoy does it, so that a client has all of it when it was sent and can decode what it has. It keeps at most two bytes. Start with
/// the default value.
/// </summary>
public struct GrpcWebTextEncoder
{
    private GrpcMessageBounds _bounds;
    private byte _first;
    private byte _second;
    private byte _kept;

    /// <summary>The most characters that so many bytes become, whatever came before them and wherever messages end.</summary>
    public static int MaxCharacters(int bytes) => ((bytes + 2) / 3 + bytes / 5 + 2) * 4;

    /// <summary>Encodes bytes into <see cref="MaxCharacters"/> characters; returns how many they became.</summary>
    public int Encode(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        int written = 0;
        while (!data.IsEmpty)
        {
            int taken = _bounds.Advance(data, out bool endsMessage);
            written += Put(data[..taken], destination[written..]);
            if (endsMessage)
                written += Flush(destination[written..]);
            data = data[taken..];
        }

        return written;
    }

    /// <summary>Encodes what is kept, with padding: the body ends here, or is broken off. At most four characters.</summary>
    public int Flush(Span<byte> destination)
    {
        if (_kept == 0)
            return 0;
        ReadOnlySpan<byte> rest = [_first, _second];
        Base64.EncodeToUtf8(rest[.._kept], destination, out _, out int written);
        _kept = 0;
        return written;
    }

    private int Put(ReadOnlySpan<byte> piece, Span<byte> destination)
    {
        int written = 0;
        if (_kept > 0)
        {
            int missing = 3 - _kept;
            if (piece.Length < missing)
            {
                Keep(piece);
                return 0;
            }

            ReadOnlySpan<byte> group = _kept == 1 ? [_first, piece[0], piece[1]] : [_first, _second, piece[0]];
            Base64.EncodeToUtf8(group, destination, out _, out written);
            _kept = 0;
            piece = piece[missing..];
        }

        int whole = piece.Length / 3 * 3;
        Base64.EncodeToUtf8(piece[..whole], destination[written..], out _, out int encoded);
        Keep(piece[whole..]);
        return written + encoded;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        foreach (byte value in rest)
        {
            if (_kept++ == 0)
                _first = value;
            else
                _second = value;
        }
    }
}
