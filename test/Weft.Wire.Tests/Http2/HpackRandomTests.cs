using CsCheck;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Random lists and random bytes: our two halves agree, nghttp2 agrees with both, and nothing throws.</summary>
public sealed class HpackRandomTests
{
    private static readonly string[] s_names =
    [
        ":authority", ":path", ":method", ":status", "user-agent", "cookie", "authorization", "content-type", "x-a", "x-b", "x-a-rather-long-name-of-somebody", "x-request-id",
    ];

    private static readonly Gen<string> s_field = Gen.Select(
        Gen.Int[0, s_names.Length - 1],
        Gen.Frequency((4, Gen.Int[0, 4].Select(i => $"value{i}")), (2, Gen.String[Gen.Char['\u0000', '\u00FF'], 0, 300]), (1, Gen.Int[0, 5000].Select(n => new string('z', n)))),
        (name, value) => $"{s_names[name]}: {value}");

    private static readonly Gen<string[][]> s_blocks = s_field.Array[0, 12].Array[1, 12];

    [Fact]
    public void EncodedLists_DecodeToThemselvesHereAndInNghttp2() => s_blocks.Sample(blocks =>
    {
        using Nghttp2 peer = new();
        HpackEncoder encoder = new();
        HpackDecoder decoder = new();
        foreach (string[] block in blocks)
        {
            byte[] bytes = HpackEncoderTests.Encode(encoder, block);
            string[] decoded = FieldList.Decode(decoder, bytes, out HpackResult result, new HpackLimits(int.MaxValue, 1000));
            Assert.True(result.IsComplete);
            Assert.Equal(block, decoded.Select(field => field.TrimStart('!')));
            Assert.Equal(decoded, peer.Inflate(bytes));
            Assert.Equal(encoder.TableSize, decoder.TableSize);
        }
    }, iter: 500);

    [Fact]
    public void LongConnection_StaysInStepWhileItsTablesTurnOver()
    {
        using Nghttp2 peer = new();
        HpackEncoder encoder = new();
        HpackDecoder decoder = new();
        Random random = new(4096);
        int bytes = 0;
        int encoded = 0;
        for (int block = 0; block < 5_000; block++)
        {
            // Some values come back while they are still in the table, some after they have left it.
            string[] fields = [.. Enumerable.Range(0, 6).Select(i => $"{s_names[random.Next(s_names.Length)]}: {new string('v', random.Next(3) * 40)}{random.Next(1, 1 << random.Next(1, 12))}")];
            byte[] coded = HpackEncoderTests.Encode(encoder, fields);
            string[] decoded = FieldList.Decode(decoder, coded, out HpackResult result);
            Assert.True(result.IsComplete);
            Assert.Equal(fields, decoded.Select(field => field.TrimStart('!')));
            Assert.Equal(decoded, peer.Inflate(coded));
            bytes += fields.Sum(field => field.Length);
            encoded += coded.Length;
        }

        Assert.InRange(encoder.TableSize, 3_500, 4_096);
        Assert.True(encoded < bytes / 5 * 4, $"{bytes} bytes became {encoded}.");
    }

    [Fact]
    public void TableSizeChanges_KeepBothSidesTogether() => Gen.Select(s_blocks, Gen.Int[0, 5000].Array[1, 12]).Sample((blocks, sizes) =>
    {
        HpackEncoder encoder = new();
        HpackDecoder decoder = new(5000);
        for (int i = 0; i < blocks.Length; i++)
        {
            int size = sizes[i % sizes.Length];
            encoder.SetPeerTableSize((uint)size);
            decoder.OnSettingsAcknowledged(size);
            string[] decoded = FieldList.Decode(decoder, HpackEncoderTests.Encode(encoder, blocks[i]), out HpackResult result, new HpackLimits(int.MaxValue, 1000));
            Assert.Equal((HpackError.None, false), (result.Error, result.IsOverLimit));
            Assert.Equal(blocks[i], decoded.Select(field => field.TrimStart('!')));
            Assert.InRange(decoder.TableSize, 0, size);
            Assert.Equal(encoder.TableSize, decoder.TableSize);
        }
    }, iter: 1000);

    [Fact]
    public void ListsOfNghttp2_DecodeToThemselves() => s_blocks.Sample(blocks =>
    {
        using Nghttp2 peer = new();
        HpackDecoder decoder = new();
        foreach (string[] block in blocks)
        {
            string[] decoded = FieldList.Decode(decoder, peer.Deflate(block), out HpackResult result, new HpackLimits(int.MaxValue, 1000));
            Assert.True(result.IsComplete);
            Assert.Equal(block, decoded.Select(field => field.TrimStart('!')));
        }
    }, iter: 500);

    [Fact]
    public void RandomBytes_AreTakenOrRefusedAsNghttp2Does()
    {
        Random random = new(7541);
        int taken = 0;
        for (int round = 0; round < 30_000; round++)
        {
            using Nghttp2 peer = new();
            HpackDecoder decoder = new();
            for (int block = 0; block < 4; block++)
            {
                byte[] bytes = RandomBlock(random);
                string[] decoded = FieldList.Decode(decoder, bytes, out HpackResult result, new HpackLimits(int.MaxValue, 1000));
                string[]? expected = peer.Inflate(bytes);
                // nghttp2 takes any number of table size updates and integers with more zeros behind them; both are refused here.
                if (result.Error is HpackError.MisplacedSizeUpdate or HpackError.IntegerTooLarge)
                    break;
                Assert.Equal(expected, result.Error == HpackError.None ? decoded : null);
                if (expected is null)
                    break;
                taken++;
            }
        }

        Assert.True(taken > 5000, $"Only {taken} random blocks were valid.");
    }

    [Fact]
    public void EveryByte_SurvivesTheHuffmanCode()
    {
        for (int length = 0; length < 5; length++)
        {
            for (int first = 0; first < 256; first++)
            {
                byte[] text = [.. Enumerable.Range(0, length).Select(i => (byte)(first + i * 37))];
                byte[] coded = new byte[HuffmanCode.EncodedLength(text)];
                HuffmanCode.Encode(text, coded);
                byte[] decoded = new byte[length];
                Assert.Equal(HuffmanStatus.Complete, HuffmanCode.Decode(coded, decoded, out int written));
                Assert.Equal(text, decoded[..written]);
                if (length > 0)
                    Assert.Equal(HuffmanStatus.TooLong, HuffmanCode.Decode(coded, decoded.AsSpan(1), out _));
            }
        }
    }

    private static byte[] RandomBlock(Random random)
    {
        List<byte> bytes = [];
        for (int fields = random.Next(1, 5); fields > 0; fields--)
        {
            switch (random.Next(6))
            {
                case 0:
                    bytes.Add((byte)(0x80 | random.Next(1, 70)));
                    break;
                case 1:
                    bytes.Add((byte)random.Next(256));
                    break;
                default:
                    bytes.Add((byte)(random.Next(3) switch { 0 => 0x40, 1 => 0, _ => 0x10 }));
                    Text(random, bytes);
                    Text(random, bytes);
                    break;
            }
        }

        return [.. bytes];
    }

    private static void Text(Random random, List<byte> bytes)
    {
        int length = random.Next(8);
        bool isCoded = random.Next(2) == 0;
        bytes.Add((byte)(length | (isCoded ? 0x80 : 0)));
        for (int i = 0; i < length; i++)
            bytes.Add((byte)(isCoded && i == length - 1 ? 0x1F | random.Next(8) << 5 : random.Next(256)));
    }
}
