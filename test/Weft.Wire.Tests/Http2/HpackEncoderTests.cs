using System.Text;
using Weft.Wire.Http;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>What the encoder indexes, and that a buffer that is too small changes nothing.</summary>
public sealed class HpackEncoderTests
{
    [Fact]
    public void StableFields_AreOneByteTheSecondTime()
    {
        HpackEncoder encoder = new();
        string[] fields = [":method: GET", ":scheme: http", ":authority: reviews.default.svc", "user-agent: curl/8", "content-type: application/grpc", "te: trailers"];
        Assert.True(Encode(encoder, fields).Length > fields.Length);
        Assert.Equal(fields.Length, Encode(encoder, fields).Length);
    }

    [Fact]
    public void OtherFields_GoIntoTheTableTheSecondTime()
    {
        HpackEncoder encoder = new();
        Assert.True(Encode(encoder, "x-tenant: a").Length > 1);
        Assert.Equal(0, encoder.TableSize);
        Assert.True(Encode(encoder, "x-tenant: a").Length > 1);
        Assert.Single(Encode(encoder, "x-tenant: a"));
        Assert.Single(Encode(encoder, "X-TENANT: a"));
    }

    [Theory]
    [InlineData("x-request-id: 8d1c61f0-6f5d-4f1f-9a0f-5a1f3c4f6f00")]
    [InlineData("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("content-length: 17")]
    [InlineData("set-cookie: session=abcdefghijklmnopqrstuvwxyz")]
    public void FieldsThatDiffer_StayOutOfTheTable(string field)
    {
        HpackEncoder encoder = new();
        for (int i = 0; i < 5; i++)
            Assert.Equal([field], FieldList.Decode(new HpackDecoder(), Convert.ToHexString(Encode(encoder, field))));
        Assert.Equal(0, encoder.TableSize);
    }

    [Theory]
    [InlineData("authorization: Bearer abcdefghijklmnopqrstuvwxyz")]
    [InlineData("proxy-authorization: Basic YTpi")]
    [InlineData("cookie: s=1")]
    [InlineData("set-cookie: s=1")]
    public void Secrets_AreNeverIndexed(string field) => Assert.Equal(["!" + field], FieldList.Decode(new HpackDecoder(), Convert.ToHexString(Encode(new HpackEncoder(), field))));

    [Fact]
    public void FieldThatCameNeverIndexed_LeavesAsOne()
    {
        byte[] buffer = new byte[100];
        Assert.True(new HpackEncoder().TryWrite(KnownHeader.None, "password"u8, "secret"u8, true, buffer, out int written));
        Assert.Equal(["!password: secret"], FieldList.Decode(new HpackDecoder(), Convert.ToHexString(buffer, 0, written)));
    }

    [Fact]
    public void BufferThatIsTooSmall_ChangesNothing()
    {
        HpackEncoder encoder = new();
        byte[] buffer = new byte[100];
        for (int room = 0; room < 100; room++)
        {
            if (encoder.TryWrite(KnownHeader.UserAgent, "user-agent"u8, "an agent with a name of its own"u8, false, buffer.AsSpan(0, room), out int written))
            {
                Assert.Equal(room, written);
                break;
            }

            Assert.Equal((0, 0), (written, encoder.TableSize));
        }

        Assert.NotEqual(0, encoder.TableSize);
        Assert.False(encoder.TryWrite(KnownHeader.UserAgent, "user-agent"u8, "an agent with a name of its own"u8, false, default, out _));
        Assert.True(encoder.TryWrite(KnownHeader.UserAgent, "user-agent"u8, "an agent with a name of its own"u8, false, buffer.AsSpan(0, 1), out _));
    }

    [Fact]
    public void BlockBrokenOffForLackOfRoom_GoesOnInALargerBuffer()
    {
        HpackEncoder encoder = new();
        byte[] small = new byte[30];
        HpackWriter writer = new(encoder, small);
        writer.Field("user-agent"u8, "an agent"u8);
        writer.Field("server"u8, "a server with a long and winding name"u8);
        writer.Field("via"u8, "b"u8);
        Assert.True(writer.Overflowed);
        byte[] large = new byte[100];
        small.AsSpan(0, writer.Length).CopyTo(large);
        writer = new HpackWriter(encoder, large, writer.Length);
        writer.Field("server"u8, "a server with a long and winding name"u8);
        writer.Field("via"u8, "b"u8);
        Assert.False(writer.Overflowed);
        Assert.Equal(
            ["user-agent: an agent", "server: a server with a long and winding name", "via: b"], FieldList.Decode(new HpackDecoder(), Convert.ToHexString(large, 0, writer.Length)));
    }

    [Theory]
    [InlineData(0u, "20")]
    [InlineData(100u, "3f45")]
    [InlineData(4096u, "")]
    [InlineData(65536u, "")]
    public void PeersTableSize_IsToldBeforeTheNextBlockOnce(uint size, string expected)
    {
        HpackEncoder encoder = new();
        encoder.SetPeerTableSize(size);
        byte[] buffer = new byte[HpackEncoder.MaxBeginBytes];
        Assert.True(encoder.TryBegin(buffer, out int written));
        Assert.Equal(expected, Convert.ToHexStringLower(buffer, 0, written));
        Assert.True(encoder.TryBegin(buffer, out written));
        Assert.Equal(0, written);
    }

    [Fact]
    public void TableMadeSmallerAndLargerAgain_IsToldWithBothSizes()
    {
        HpackEncoder encoder = new();
        encoder.SetPeerTableSize(0);
        encoder.SetPeerTableSize(1000);
        Assert.False(encoder.TryBegin(new byte[3], out _));
        byte[] buffer = new byte[HpackEncoder.MaxBeginBytes];
        Assert.True(encoder.TryBegin(buffer, out int written));
        Assert.Equal("203fc907", Convert.ToHexStringLower(buffer, 0, written));
    }

    [Fact]
    public void EncoderWithASmallTable_SaysSo()
    {
        Assert.Equal("20", Convert.ToHexString(Encode(new HpackEncoder(0), [])));
        Assert.Empty(Encode(new HpackEncoder(16 * 1024), []));
    }

    [Fact]
    public void LongNameInUpperCase_IsWrittenInLowerCase()
    {
        string name = new('N', 1000);
        Assert.Equal([$"{name.ToLowerInvariant()}: v"], FieldList.Decode(new HpackDecoder(), Convert.ToHexString(Encode(new HpackEncoder(), $"{name}: v"))));
    }

    [Fact]
    public void StaticTable_IsFoundByEveryNameAndValue()
    {
        for (int index = 1; index <= HpackStaticTable.Count; index++)
        {
            int first = HpackStaticTable.FindName(HpackStaticTable.Name(index));
            Assert.Equal(HpackStaticTable.FirstOfName(index), first);
            Assert.Equal(index, HpackStaticTable.FindValue(first, HpackStaticTable.Value(index)));
            KnownHeader known = HpackStaticTable.KnownOf(index);
            if (known != KnownHeader.None)
                Assert.Equal(first, HpackStaticTable.IndexOf(known));
        }

        Assert.Equal(0, HpackStaticTable.FindName("content-tyqe"u8));
        Assert.Equal(0, HpackStaticTable.FindName(""u8));
    }

    internal static byte[] Encode(HpackEncoder encoder, params string[] fields)
    {
        byte[] buffer = new byte[128 * 1024];
        HpackWriter writer = new(encoder, buffer);
        foreach (string field in fields)
        {
            int colon = field.IndexOf(": ", 1, StringComparison.Ordinal);
            writer.Field(Encoding.Latin1.GetBytes(field[..colon]), Encoding.Latin1.GetBytes(field[(colon + 2)..]));
        }

        Assert.False(writer.Overflowed);
        return buffer[..writer.Length];
    }
}
