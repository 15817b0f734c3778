using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>What a decoder must refuse, what it must survive, and how its table stays right.</summary>
public sealed class HpackDecoderTests
{
    [Theory]
    [InlineData("80", HpackError.BadIndex)]
    [InlineData("be", HpackError.BadIndex)]
    [InlineData("7e0161", HpackError.BadIndex)]
    [InlineData("ff", HpackError.Truncated)]
    [InlineData("ff80", HpackError.Truncated)]
    [InlineData("ffffffffff01", HpackError.IntegerTooLarge)]
    [InlineData("ff8080808001", HpackError.IntegerTooLarge)]
    [InlineData("ff8080808000", HpackError.IntegerTooLarge)]
    [InlineData("40", HpackError.Truncated)]
    [InlineData("4001", HpackError.Truncated)]
    [InlineData("400161", HpackError.Truncated)]
    [InlineData("40016102", HpackError.Truncated)]
    [InlineData("400161ff00", HpackError.Truncated)]
    [InlineData("3fe21f", HpackError.SizeUpdateTooLarge)]
    [InlineData("202020", HpackError.MisplacedSizeUpdate)]
    [InlineData("8220", HpackError.MisplacedSizeUpdate)]
    [InlineData("82203fe11f", HpackError.MisplacedSizeUpdate)]
    public void BrokenBlock_IsRefused(string hex, HpackError error)
    {
        FieldList.Decode(new HpackDecoder(), FieldList.Hex(hex), out HpackResult result);
        Assert.Equal(error, result.Error);
        Assert.False(result.IsComplete);
    }

    [Theory]
    [InlineData("84ffffffff")] // EOS and two bits
    [InlineData("84fffffffc")] // EOS, then padding that is not ones
    [InlineData("811e")] // a code, then padding with a zero
    [InlineData("821fff")] // padding of eleven bits
    [InlineData("81ff")] // padding only, eight bits of it
    public void BadHuffman_IsRefused(string coded)
    {
        FieldList.Decode(new HpackDecoder(), FieldList.Hex("000161" + coded), out HpackResult result);
        Assert.Equal(HpackError.BadHuffman, result.Error);
    }

    [Fact]
    public void PaddingOfSevenOnes_IsTaken() => Assert.Equal(["a: "], FieldList.Decode(new HpackDecoder(), "00016180"));

    [Fact]
    public void TwoSizeUpdatesBeforeTheFirstField_AreTaken()
    {
        HpackDecoder decoder = new();
        FieldList.Decode(decoder, "4001610162");
        Assert.Equal(1, decoder.TableEntries);
        Assert.Equal([":method: GET"], FieldList.Decode(decoder, "203fe11f82"));
        Assert.Equal(0, decoder.TableEntries);
    }

    [Fact]
    public void SmallerTableAcknowledged_AsksForAnUpdate()
    {
        HpackDecoder decoder = new();
        decoder.OnSettingsAcknowledged(100);
        FieldList.Decode(decoder, FieldList.Hex("82"), out HpackResult result);
        Assert.Equal(HpackError.MissingSizeUpdate, result.Error);

        decoder = new();
        decoder.OnSettingsAcknowledged(100);
        Assert.Equal([":method: GET"], FieldList.Decode(decoder, "3f4582"));
        Assert.Equal([":method: GET"], FieldList.Decode(decoder, "82"));
        FieldList.Decode(decoder, FieldList.Hex("3f4682"), out result);
        Assert.Equal(HpackError.SizeUpdateTooLarge, result.Error);
    }

    [Fact]
    public void EntryLargerThanTheTable_EmptiesIt()
    {
        HpackDecoder decoder = new();
        FieldList.Decode(decoder, "4001610162");
        byte[] large = [0x40, 0x01, (byte)'x', 0x7F, 0x81, 0x1F, .. Enumerable.Repeat((byte)'v', 127 + 0x81 - 0x80 + (0x1F << 7))];
        string[] fields = FieldList.Decode(decoder, large, out HpackResult result);
        Assert.True(result.IsComplete);
        Assert.Equal(4096 + 3, fields[0].Length);
        Assert.Equal(0, decoder.TableEntries);
    }

    [Fact]
    public void NameOfAnEntryThatItsOwnAdditionEvicts_IsKept()
    {
        HpackDecoder decoder = new();
        decoder.OnSettingsAcknowledged(64);
        FieldList.Decode(decoder, "3f21" + "4004" + "6e616d65" + "0131");
        // Fills the buffer often enough that its living bytes move while a name inside it is in use.
        for (int i = 0; i < 5000; i++)
            Assert.Equal([$"name: {i % 10}"], FieldList.Decode(decoder, $"7e01{0x30 + (i % 10):x2}"));
        Assert.Equal((1, 37), (decoder.TableEntries, decoder.TableSize));
    }

    [Theory]
    [InlineData(200, 100)]
    [InlineData(60 * 1024, 3)]
    public void ListOverALimit_IsRefusedAndTheTableStaysRight(int maxBytes, int maxFields)
    {
        HpackDecoder decoder = new();
        byte[] block = [0x40, 1, (byte)'a', 1, (byte)'1', 0x40, 1, (byte)'b', 1, (byte)'2', .. Enumerable.Repeat((byte)0x82, 10), 0x40, 1, (byte)'c', 1, (byte)'3'];
        string[] fields = FieldList.Decode(decoder, block, out HpackResult result, new HpackLimits(maxBytes, maxFields));
        Assert.True(result is { IsOverLimit: true, IsComplete: false, Error: HpackError.None, Fields: 13 });
        Assert.True(fields.Length < 13);
        Assert.Equal(["c: 3", "b: 2", "a: 1"], FieldList.Decode(decoder, "bebfc0"));
    }

    [Fact]
    public void HpackBomb_CountsDecodedBytes()
    {
        HpackDecoder decoder = new();
        byte[] entry = [0x40, 0x01, (byte)'x', 0x7F, 0x81, 0x1E, .. Enumerable.Repeat((byte)'v', 127 + 1 + (0x1E << 7))];
        FieldList.Decode(decoder, entry, out HpackResult result);
        Assert.True(result.IsComplete);
        string[] fields = FieldList.Decode(decoder, Enumerable.Repeat((byte)0xBE, 16_000).ToArray(), out result);
        Assert.True(result.IsOverLimit);
        Assert.Equal(15, fields.Length);
        Assert.Equal(16_000 * (1 + 3968 + 32), result.ListBytes);
    }

    [Fact]
    public void SplitCookies_CountThirtyTwoBytesEach()
    {
        byte[] block = Enumerable.Repeat(new byte[] { 0x0F, 0x11, 0 }, 3000).SelectMany(field => field).ToArray();
        FieldList.Decode(new HpackDecoder(), block, out HpackResult result, new HpackLimits(60 * 1024, int.MaxValue));
        Assert.True(result.IsOverLimit);
    }

    [Fact]
    public void HuffmanStringBeyondTheScratch_IsOverTheLimitAndEmptiesTheTable()
    {
        HpackDecoder decoder = new();
        FieldList.Decode(decoder, "4001610162");
        byte[] coded = new byte[4000];
        byte[] block = [0x40, 0x01, (byte)'x', 0xFF, .. Integer(4000 - 127), .. coded, 0x82];
        FieldList list = new();
        HpackResult result = decoder.Decode(block, new byte[4096], HpackLimits.Default, ref list);
        Assert.True(result is { Error: HpackError.None, IsOverLimit: true, Fields: 2 });
        Assert.Equal(0, decoder.TableEntries);
        Assert.Empty(list.Fields);
    }

    [Fact]
    public void ScratchSmallerThanTheTable_IsAMistakeOfTheCaller()
    {
        FieldList list = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => new HpackDecoder().Decode([0x82], new byte[4095], HpackLimits.Default, ref list));
    }

    [Fact]
    public void StaticIndex_TellsTheNameAlsoThroughTheDynamicTable()
    {
        HpackDecoder decoder = new();
        Indices indices = new([]);
        Assert.True(decoder.Decode(FieldList.Hex("82 83 5801 61 be 4001620163 be 7f000164"), new byte[4096], HpackLimits.Default, ref indices).IsComplete);
        Assert.Equal([2, 2, 24, 24, 0, 0, 24], indices.Seen);
    }

    private static IEnumerable<byte> Integer(int value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }

    private readonly record struct Indices(List<int> Seen) : IHpackSink
    {
        public void OnField(scoped in HpackField field) => Seen.Add(field.StaticIndex);
    }
}
