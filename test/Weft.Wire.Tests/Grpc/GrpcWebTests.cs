using System.Text;
using CsCheck;
using Weft.Wire.Grpc;

namespace Weft.Wire.Tests.Grpc;

/// <summary>The codec of gRPC-Web (PROTOCOL-WEB.md), with .NET's base64 as the other opinion.</summary>
public sealed class GrpcWebTests
{
    [Theory]
    [InlineData("application/grpc", GrpcWebEncoding.None, "")]
    [InlineData("application/grpc+proto", GrpcWebEncoding.None, "")]
    [InlineData("application/grpc-web", GrpcWebEncoding.Binary, "")]
    [InlineData("Application/GRPC-Web+json", GrpcWebEncoding.Binary, "+json")]
    [InlineData("application/grpc-web+proto; charset=utf-8", GrpcWebEncoding.Binary, "+proto")]
    [InlineData("application/grpc-web-text", GrpcWebEncoding.Text, "")]
    [InlineData("application/grpc-web-text+proto", GrpcWebEncoding.Text, "+proto")]
    [InlineData("application/grpc-web-textual", GrpcWebEncoding.None, "")]
    [InlineData("application/grpc-webx", GrpcWebEncoding.None, "")]
    [InlineData("application/grpc-we", GrpcWebEncoding.None, "")]
    [InlineData("text/plain", GrpcWebEncoding.None, "")]
    [InlineData("", GrpcWebEncoding.None, "")]
    public void MediaType_IsRead(string type, GrpcWebEncoding encoding, string format)
    {
        Assert.Equal(encoding, GrpcMediaType.ReadWeb(Encoding.ASCII.GetBytes(type), out ReadOnlySpan<byte> read));
        if (encoding != GrpcWebEncoding.None)
            Assert.Equal(format, Encoding.ASCII.GetString(read));
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc;x=y", true)]
    [InlineData("APPLICATION/grpc ; x=y", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grp", false)]
    [InlineData("application/grpcx", false)]
    public void GrpcsOwnType_IsNotWebs(string type, bool isGrpc) => Assert.Equal(isGrpc, GrpcMediaType.IsGrpc(Encoding.ASCII.GetBytes(type), out _));

    [Theory]
    [InlineData("application/grpc-web-text", GrpcWebEncoding.Text)]
    [InlineData("*/*, application/grpc-web", GrpcWebEncoding.Binary)]
    [InlineData("application/grpc-web+proto, application/grpc-web-text", GrpcWebEncoding.Binary)]
    [InlineData("*/*", GrpcWebEncoding.Text)]
    [InlineData("", GrpcWebEncoding.Text)]
    public void Accept_ChoosesTheAnswersEncoding(string accept, GrpcWebEncoding expected) =>
        Assert.Equal(expected, GrpcMediaType.ReadAccept(Encoding.ASCII.GetBytes(accept), GrpcWebEncoding.Text));

    [Theory]
    [InlineData(GrpcWebEncoding.None, "", "application/grpc")]
    [InlineData(GrpcWebEncoding.None, "+json", "application/grpc+json")]
    [InlineData(GrpcWebEncoding.Binary, "", "application/grpc-web+proto")]
    [InlineData(GrpcWebEncoding.Text, "+thrift", "application/grpc-web-text+thrift")]
    [InlineData(GrpcWebEncoding.Text, "+a-format-whose-name-is-much-longer-than-any-that-there-is", "application/grpc-web-text")]
    public void MediaType_IsWritten(GrpcWebEncoding encoding, string format, string expected)
    {
        byte[] room = new byte[GrpcMediaType.MaxBytes];
        Assert.Equal(expected, Encoding.ASCII.GetString(room, 0, GrpcMediaType.Write(encoding, Encoding.ASCII.GetBytes(format), room)));
    }

    [Fact]
    public void Text_InAnyPieces_IsWhatBase64Says() => Gen.Select(Gen.Byte.Array[0, 200].Array[1, 4], Gen.Int[1, 50]).Sample((parts, size) =>
    {
        // Clients encode part by part, so padding stands in the middle.
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(parts.Select(Convert.ToBase64String)));
        GrpcWebTextDecoder decoder = default;
        List<byte> bytes = [];
        foreach (byte[] piece in text.Chunk(size))
        {
            byte[] room = new byte[GrpcWebTextDecoder.MaxBytes(piece.Length)];
            Assert.True(decoder.TryDecode(piece, room, out int written));
            bytes.AddRange(room[..written]);
        }

        Assert.True(decoder.IsComplete);
        Assert.Equal(parts.SelectMany(static part => part), bytes);
    });

    [Theory]
    [InlineData("AAA*")]
    [InlineData("AAAA\r\n")]
    [InlineData("AA AA")]
    [InlineData("A===")]
    [InlineData("====")]
    [InlineData("AA=A")]
    [InlineData("AB==")]
    [InlineData("AAB=")]
    [InlineData("AA-_")]
    public void TextThatIsNoBase64_IsRefused(string text)
    {
        GrpcWebTextDecoder decoder = default;
        Assert.False(decoder.TryDecode(Encoding.ASCII.GetBytes(text), new byte[16], out _));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AA=")]
    [InlineData("AAAAAA")]
    public void TextThatIsCutOff_IsNotComplete(string text)
    {
        GrpcWebTextDecoder decoder = default;
        Assert.True(decoder.TryDecode(Encoding.ASCII.GetBytes(text), new byte[16], out _));
        Assert.False(decoder.IsComplete);
    }

    [Fact]
    public void Body_InAnyPieces_BecomesOneTextPerMessage() => Gen.Select(Gen.Byte.Array[0, 40].Array[1, 6], Gen.Int[1, 50]).Sample((messages, size) =>
    {
        byte[] body = [.. messages.SelectMany(Framed)];
        GrpcWebTextEncoder encoder = default;
        StringBuilder text = new();
        foreach (byte[] piece in body.Chunk(size))
        {
            byte[] room = new byte[GrpcWebTextEncoder.MaxCharacters(piece.Length)];
            text.Append(Encoding.ASCII.GetString(room, 0, encoder.Encode(piece, room)));
        }

        Assert.Equal(0, encoder.Flush(new byte[4]));
        Assert.Equal(string.Concat(messages.Select(message => Convert.ToBase64String(Framed(message)))), text.ToString());
    });

    [Fact]
    public void BodyThatIsBrokenOff_IsFlushed()
    {
        GrpcWebTextEncoder encoder = default;
        byte[] room = new byte[64];
        int length = encoder.Encode([0, 0, 0, 0, 9, 1, 2], room);
        length += encoder.Flush(room.AsSpan(length));
        Assert.Equal(Convert.ToBase64String([0, 0, 0, 0, 9, 1, 2]), Encoding.ASCII.GetString(room, 0, length));
    }

    [Fact]
    public void Messages_AreCountedInAnyPieces() => Gen.Select(Gen.Int[0, 300].Array[0, 8], Gen.Int[1, 50]).Sample((lengths, size) =>
    {
        GrpcMessageBounds bounds = default;
        byte[] body = [.. lengths.SelectMany(length => Framed(new byte[length]))];
        Assert.Equal(lengths.Length, body.Chunk(size).Sum(piece => bounds.Count(piece)));
        Assert.True(bounds.IsBetween);
    });

    [Fact]
    public void LongestMessage_HasNotEnded()
    {
        GrpcMessageBounds bounds = default;
        Assert.Equal(0, bounds.Count([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
        Assert.False(bounds.IsBetween);
    }

    [Fact]
    public void Trailers_StandInAMessageOfTheirOwn()
    {
        byte[] prefix = new byte[GrpcWebTrailers.PrefixBytes];
        GrpcWebTrailers.WritePrefix(16, prefix);
        Assert.Equal([0x80, 0, 0, 0, 16], prefix);
    }

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%\r\n", "100%25%0D%0A")]
    [InlineData("é", "%C3%A9")]
    public void Message_IsPercentEncoded(string text, string expected)
    {
        byte[] room = new byte[64];
        Assert.Equal(expected, Encoding.ASCII.GetString(room, 0, GrpcMessageText.Encode(Encoding.UTF8.GetBytes(text), room)));
        Assert.Equal(text == expected, GrpcMessageText.IsPlain(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void MessageWithoutRoom_IsCutBeforeAnEscape()
    {
        byte[] room = new byte[4];
        Assert.Equal("ab", Encoding.ASCII.GetString(room, 0, GrpcMessageText.Encode("ab%cd"u8, room)));
    }

    [Fact]
    public void Codec_AllocatesNothing()
    {
        byte[] body = Framed(new byte[1000]);
        byte[] text = new byte[GrpcWebTextEncoder.MaxCharacters(body.Length)];
        byte[] back = new byte[GrpcWebTextDecoder.MaxBytes(text.Length)];
        Assert.Equal(0, Allocation.Of(() =>
        {
            GrpcWebTextEncoder encoder = default;
            int length = encoder.Encode(body, text);
            GrpcWebTextDecoder decoder = default;
            decoder.TryDecode(text.AsSpan(0, length), back, out _);
        }));
    }

    private static byte[] Framed(byte[] message) => [0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];
}
