using System.Text;
using Weft.Wire.Grpc;

namespace Weft.Fuzz.Targets;

/// <summary>
/// gRPC-Web. The first byte says what the rest is: a text body; a gRPC body, which becomes text and must come back; a media type; a status message.
/// </summary>
internal sealed class GrpcWebTarget : FuzzTarget
{
    private readonly byte[] _decoded = new byte[GrpcWebTextDecoder.MaxBytes(4096)];
    private readonly byte[] _encoded = new byte[GrpcWebTextEncoder.MaxCharacters(4096)];

    public override string Name => "grpc-web";

    protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        if (input.IsEmpty || input.Length > 2048) return;
        outcome.Kind(input[0] & 3);
        switch (input[0] & 3)
        {
            case 0:
                Text(memory, input, cuts, ref outcome);
                break;
            case 1:
                Body(memory, input, cuts, ref outcome);
                break;
            case 2:
                Type(memory.Place(input[1..]), ref outcome);
                break;
            default:
                Message(memory.Place(input[1..]), ref outcome);
                break;
        }
    }

    private void Text(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        GrpcWebTextDecoder decoder = default;
        GrpcMessageBounds bounds = default;
        Outcome bytes = default;
        int at = 1, messages = 0, total = 0;
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            int end = piece < cuts.Length ? cuts[piece] : input.Length;
            if (end <= at) continue;
            Span<byte> room = _decoded.AsSpan(0, GrpcWebTextDecoder.MaxBytes(end - at));
            bool isText = decoder.TryDecode(memory.Place(input[at..end]), room, out int written);
            if (!isText)
            {
                outcome.Kind(-1);
                return;
            }

            bytes.Bytes(room[..written]);
            messages += bounds.Count(room[..written]);
            total += written;
            at = end;
        }

        Require(total <= (input.Length - 1) / 4 * 3, "four characters are three bytes at most");
        outcome.Kind(decoder.IsComplete ? 1 : 2);
        outcome.Kind(Math.Min(messages, 20));
        outcome.Kind(total % 3);
        outcome.Number((long)bytes.Hash);
    }

    private void Body(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
    {
        GrpcWebTextEncoder encoder = default;
        GrpcMessageBounds bounds = default;
        int at = 1, length = 0, messages = 0;
        for (int piece = 0; piece <= cuts.Length; piece++)
        {
            int end = piece < cuts.Length ? cuts[piece] : input.Length;
            if (end <= at) continue;
            ReadOnlySpan<byte> bytes = memory.Place(input[at..end]);
            messages += bounds.Count(bytes);
            length += encoder.Encode(bytes, _encoded.AsSpan(length, GrpcWebTextEncoder.MaxCharacters(bytes.Length)));
            at = end;
        }

        length += encoder.Flush(_encoded.AsSpan(length));
        GrpcWebTextDecoder decoder = default;
        Require(decoder.TryDecode(memory.Place(_encoded.AsSpan(0, length)), _decoded, out int written) && decoder.IsComplete, "what is encoded can be decoded");
        Require(_decoded.AsSpan(0, written).SequenceEqual(input[1..]), "what is encoded comes back");
        outcome.Text(_encoded.AsSpan(0, length));
        outcome.Kind(messages);
        outcome.Kind(bounds.IsBetween ? 1 : 0);
    }

    private static void Type(ReadOnlySpan<byte> type, ref Outcome outcome)
    {
        Span<byte> written = stackalloc byte[GrpcMediaType.MaxBytes];
        GrpcWebEncoding web = GrpcMediaType.ReadWeb(type, out ReadOnlySpan<byte> format);
        bool isGrpc = GrpcMediaType.IsGrpc(type, out ReadOnlySpan<byte> plain);
        Require(!isGrpc || web == GrpcWebEncoding.None, "a type is one or the other");
        outcome.Kind((int)web);
        outcome.Kind(isGrpc ? 1 : 0);
        outcome.Kind(Math.Min(format.Length, 8));
        outcome.Kind(Math.Min(plain.Length, 8));
        outcome.Kind((int)GrpcMediaType.ReadAccept(type, GrpcWebEncoding.None));
        written = written[..GrpcMediaType.Write(web, format, written)];
        Require(web == GrpcWebEncoding.None ? GrpcMediaType.IsGrpc(written, out _) : GrpcMediaType.ReadWeb(written, out _) == web, "a type that is written is read alike");
    }

    private static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> encoded, Span<byte> into)
    {
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            bool isEscape = encoded[i] == '%';
            into[length++] = isEscape ? Convert.FromHexString(Encoding.ASCII.GetString(encoded.Slice(i + 1, 2)))[0] : encoded[i];
            if (isEscape) i += 2;
        }

        return into[..length];
    }

    private void Message(ReadOnlySpan<byte> text, ref Outcome outcome)
    {
        int length = GrpcMessageText.Encode(text, _encoded.AsSpan(0, 3 * text.Length));
        Require(length == text.Length == GrpcMessageText.IsPlain(text), "a plain text stays as it is");
        Require(Unescape(_encoded.AsSpan(0, length), _decoded).SequenceEqual(text), "escapes stand for what was there");
        foreach (byte value in _encoded.AsSpan(0, length)) Require(value is >= 0x20 and <= 0x7e, "a header's value is printable");
        outcome.Kind(Math.Min(length - text.Length, 40));
        outcome.Text(_encoded.AsSpan(0, length));
    }
}
