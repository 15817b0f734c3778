using System.Text;
using CsCheck;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Wire.Tests.Http1;

public sealed class ChunkedTests
{
    [Fact]
    public void Body_IsDecodedWithItsTrailers()
    {
        (string body, WireError error, int consumed, List<string> trailers) = Decode("5\r\nhello\r\n6;a=\"b\"\r\n world\r\n0\r\nX-Sum: 1\r\nAuthorization: no\r\n\r\nGET /", 1000);
        Assert.Equal(WireError.None, error);
        Assert.Equal("hello world", body);
        Assert.Equal(["X-Sum: 1 True", "Authorization: no False"], trailers);
        Assert.Equal(61, consumed);
    }

    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("00\r\n\r\n", "")]
    [InlineData("A\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData("a\r\n0123456789\r\n000000000000000\r\n\r\n", "0123456789")]
    [InlineData("1 ;x\r\nz\r\n0\r\nContent-Length: 9\r\nContent-Length: 9\r\nHost: a\r\n\r\n", "z")]
    public void Body_IsTakenInAnySegments(string text, string body)
    {
        for (int segment = 1; segment <= text.Length; segment++)
        {
            (string decoded, WireError error, int consumed, _) = Decode(text, segment);
            Assert.Equal(WireError.None, error);
            Assert.Equal(body, decoded);
            Assert.Equal(text.Length, consumed);
        }
    }

    [Theory]
    [InlineData("0x5\r\nhello\r\n", WireError.BadChunkSize)]
    [InlineData("+5\r\nhello\r\n", WireError.BadChunkSize)]
    [InlineData("-5\r\nhello\r\n", WireError.BadChunkSize)]
    [InlineData("5_0\r\n", WireError.BadChunkSize)]
    [InlineData(" 5\r\nhello\r\n", WireError.BadChunkSize)]
    [InlineData("5 \r\nhello\r\n", WireError.BadChunkExtension)]
    [InlineData("5 5\r\nhello\r\n", WireError.BadChunkSize)]
    [InlineData("\r\n", WireError.BadChunkSize)]
    [InlineData(";a\r\n", WireError.BadChunkSize)]
    [InlineData("00000000000000005\r\n", WireError.BadChunkSize)]
    [InlineData("fffffffffffffffff\r\n", WireError.BadChunkSize)]
    [InlineData("8000000000000000\r\n", WireError.BadChunkSize)]
    [InlineData("ffffffffffffffff\r\n", WireError.BadChunkSize)]
    [InlineData("5\r\nhelloX\r\n", WireError.BadChunkEnd)]
    [InlineData("5\r\nhello\n", WireError.BadChunkEnd)]
    [InlineData("5\r\nhello\rX", WireError.BadChunkEnd)]
    [InlineData("5\nhello\r\n", WireError.BadChunkEnd)]
    [InlineData("5\rhello\r\n", WireError.BadChunkEnd)]
    [InlineData("5;a\nb\r\nhello\r\n", WireError.BadChunkExtension)]
    [InlineData("5;a\0\r\nhello\r\n", WireError.BadChunkExtension)]
    [InlineData("5;a\rb\r\nhello\r\n", WireError.BadChunkEnd)]
    [InlineData("0\r\nX : a\r\n\r\n", WireError.BadTrailer)]
    [InlineData("0\r\nX: a\nY: b\r\n\r\n", WireError.BadTrailer)]
    [InlineData("0\r\n folded\r\n\r\n", WireError.BadTrailer)]
    [InlineData("0\r\n\n", WireError.BadTrailer)]
    public void BrokenChunk_IsRefusedInAnySegments(string text, WireError expected)
    {
        for (int segment = 1; segment <= text.Length; segment++)
            Assert.Equal(expected, Decode(text, segment).Error);
    }

    [Fact]
    public void Extensions_AreBoundedInAll()
    {
        string half = "1;" + new string('e', ChunkedDecoder.MaxExtensionBytes / 2 - 1) + "\r\nx\r\n";
        Assert.Equal(WireError.None, Decode(half + half, 4096).Error);
        Assert.Equal(WireError.BadChunkExtension, Decode(half + half + "1;\r\nx\r\n", 4096).Error);
    }

    [Fact]
    public void Trailers_AreBoundedAsHeadersAre()
    {
        string many = string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: v\r\n"));
        Assert.Equal(WireError.TrailersTooLarge, Decode($"0\r\n{many}\r\n", 1 << 20).Error);
        Assert.Equal(WireError.TrailersTooLarge, Decode("0\r\nX: " + new string('v', 60 * 1024), 1 << 20).Error);
    }

    [Fact]
    public void EncodedBodies_DecodeToThemselvesAtAnySplit()
    {
        Gen.Select(Gen.Byte.Array[1, 300].Array[0, 8], Gen.Int[1, 64]).Sample((chunks, segment) =>
        {
            List<byte> wire = [];
            byte[] room = new byte[ChunkedEncoder.PrefixRoom];
            foreach (byte[] chunk in chunks)
            {
                int start = ChunkedEncoder.WriteSizeBefore(room, chunk.Length);
                wire.AddRange(room[start..]);
                wire.AddRange(chunk);
                wire.AddRange(ChunkedEncoder.ChunkEnd.ToArray());
            }

            wire.AddRange(ChunkedEncoder.LastChunk.ToArray());
            string expected = Encoding.Latin1.GetString(chunks.SelectMany(chunk => chunk).ToArray());
            (string body, WireError error, int consumed, _) = Decode(Encoding.Latin1.GetString([.. wire]), segment);
            return error == WireError.None && body == expected && consumed == wire.Count;
        }, iter: 500);
    }

    [Theory]
    [InlineData(1, "1\r\n")]
    [InlineData(15, "f\r\n")]
    [InlineData(16, "10\r\n")]
    [InlineData(65535, "ffff\r\n")]
    [InlineData(int.MaxValue, "7fffffff\r\n")]
    public void SizeLine_IsPlainHexadecimal(int size, string line)
    {
        byte[] room = new byte[ChunkedEncoder.PrefixRoom];
        Assert.Equal(line, Encoding.ASCII.GetString(room, 0, ChunkedEncoder.WriteSize(room, size)));
        Assert.Equal(line, Encoding.ASCII.GetString(room[ChunkedEncoder.WriteSizeBefore(room, size)..]));
    }

    [Fact]
    public void Decoding_AllocatesNothing()
    {
        byte[] input = Parsed.Bytes("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n");
        HeaderField[] fields = new HeaderField[16];
        Assert.Equal(0, Allocation.Of(() =>
        {
            ChunkedDecoder decoder = default;
            int at = 0;
            ChunkedStep step;
            do
            {
                step = decoder.Next(input.AsSpan(at), fields, Http1Limits.Mesh);
                at += step.Consumed;
            }
            while (step.Status == ChunkedStatus.Data);
        }));
    }

    /// <summary>Feeds the text in segments as a connection would: what was not consumed is given again in front of the next segment.</summary>
    private static (string Body, WireError Error, int Consumed, List<string> Trailers) Decode(string text, int segment)
    {
        byte[] wire = Parsed.Bytes(text);
        ChunkedDecoder decoder = default;
        HeaderField[] fields = new HeaderField[128];
        StringBuilder body = new();
        List<string> trailers = [];
        int used = 0;
        for (int available = Math.Min(segment, wire.Length); ; available = Math.Min(wire.Length, available + segment))
        {
            ChunkedStep step;
            do
            {
                ReadOnlySpan<byte> input = wire.AsSpan(used, available - used);
                step = decoder.Next(input, fields, Http1Limits.Mesh);
                body.Append(Encoding.Latin1.GetString(input.Slice(step.DataOffset, step.DataLength)));
                for (int i = 0; i < step.TrailerCount; i++)
                {
                    ReadOnlySpan<byte> section = input[step.TrailersOffset..];
                    trailers.Add($"{Encoding.ASCII.GetString(fields[i].Name(section))}: {Encoding.ASCII.GetString(fields[i].Value(section))} {TrailerRules.MayForward(fields[i])}");
                }

                used += step.Consumed;
            }
            while (step.Status == ChunkedStatus.Data);

            if (step.Status != ChunkedStatus.NeedMore || available == wire.Length)
                return (body.ToString(), step.Error, used, trailers);
        }
    }
}
