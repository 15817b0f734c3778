using System.Buffers.Binary;
using System.Net;
using System.Text;
using CsCheck;
using Weft.Wire.Dns;

namespace Weft.Wire.Tests.Dns;

/// <summary>Queries of every shape in, answers out; any bytes lead to a status.</summary>
public sealed class DnsMessageTests
{
    [Theory]
    [InlineData("reviews", 1)]
    [InlineData("Reviews.Default.svc.cluster.local", 28)]
    [InlineData("", 1)]
    public void Query_IsRead(string name, ushort type)
    {
        Assert.Equal(DnsReadStatus.Query, Read(Question(name, type), out string read, out DnsQuery query));
        Assert.Equal(name.ToLowerInvariant(), read);
        Assert.Equal((DnsRecordType)type, query.Type);
        Assert.Equal(0x1234, query.Id);
        Assert.True(query.RecursionDesired);
        Assert.Equal(512, query.UdpPayloadBytes);
        Assert.False(query.HasEdns);
    }

    [Theory]
    [InlineData(100, 512)]
    [InlineData(1232, 1232)]
    [InlineData(65535, 4096)]
    public void EdnsSize_IsClamped(ushort announced, int expected)
    {
        byte[] opt = [0, 0, 41, (byte)(announced >> 8), (byte)announced, 0, 0, 0, 0, 0, 0];
        byte[] message = [.. Question("a", 1), .. opt];
        message[11] = 1;
        Assert.Equal(DnsReadStatus.Query, Read(message, out _, out DnsQuery query));
        Assert.Equal(expected, query.UdpPayloadBytes);
    }

    [Fact]
    public void BrokenMessages_AreTold()
    {
        byte[] good = Question("reviews.default", 1);
        Assert.Equal(DnsReadStatus.Ignore, Read(good.AsSpan(0, 11), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(good.AsSpan(0, good.Length - 1), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(good.AsSpan(0, 14), out _, out _));
        Assert.Equal(DnsReadStatus.Ignore, Read(With(good, 2, 0x80), out _, out _));
        Assert.Equal(DnsReadStatus.NotImplemented, Read(With(good, 2, 0x28), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(With(good, 5, 2), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(With(good, 5, 0), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(With(good, 11, 1), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(With(good, 12, 0x80), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(With(good, 12, 0xC0), out _, out _));
    }

    [Fact]
    public void PointerToItself_IsMalformed()
    {
        byte[] message = [.. Question("a", 1)[..12], 0xC0, 12, 0, 1, 0, 1];
        Assert.Equal(DnsReadStatus.Malformed, Read(message, out _, out _));
    }

    [Fact]
    public void NameLongerThanAllowed_IsMalformed()
    {
        string label = new('x', 63);
        Assert.Equal(DnsReadStatus.Query, Read(Question($"{label}.{label}.{label}.{label[..61]}", 1), out _, out _));
        Assert.Equal(DnsReadStatus.Malformed, Read(Question($"{label}.{label}.{label}.{label[..62]}", 1), out _, out _));
    }

    [Fact]
    public void DotInsideOfALabel_IsNoSeparator()
    {
        byte[] message = Question("evilXdefault", 1);
        message[12 + 5] = (byte)'.';
        Assert.Equal(DnsReadStatus.Query, Read(message, out string name, out _));
        Assert.Equal("evil\0default", name);
    }

    [Fact]
    public void AnyBytes_LeadToAStatus() => Gen.Byte.Array[0, 600].Sample(bytes =>
    {
        DnsReadStatus status = Read(bytes, out _, out DnsQuery query);
        if (status == DnsReadStatus.Ignore)
            return;
        byte[] answer = new byte[512];
        int length = DnsMessage.WriteAnswer(answer, bytes, query with { QuestionEnd = status == DnsReadStatus.Query ? query.QuestionEnd : 12 }, DnsResponseCode.FormatError, [], 0);
        Assert.InRange(length, 12, 512);
    });

    [Fact]
    public void MutatedQueries_LeadToAStatus() => Gen.Select(Gen.Int[0, 60], Gen.Byte, Gen.Int[0, 60]).Sample((at, value, cut) =>
    {
        byte[] message = Question("reviews.default.svc.cluster.local", 1);
        message[at % message.Length] = value;
        Read(message.AsSpan(0, Math.Max(0, message.Length - cut)), out _, out _);
    });

    [Fact]
    public void Answer_HasTheAddressesOfItsType()
    {
        byte[] request = Question("reviews", 28);
        Read(request, out _, out DnsQuery query);
        byte[] answer = new byte[512];
        int length = DnsMessage.WriteAnswer(answer, request, query, DnsResponseCode.NoError, [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("2001:db8::1")], 30);
        Assert.Equal(12 + 13 + 28, length);
        Assert.Equal(1, BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)));
        Assert.Equal(0x8580, BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(2)));
        Assert.Equal(IPAddress.Parse("2001:db8::1"), new IPAddress(answer.AsSpan(length - 16, 16)));
        Assert.True(DnsMessage.IsResponseTo(answer.AsSpan(0, length), 0x1234, request, query));
        Assert.False(DnsMessage.IsResponseTo(answer.AsSpan(0, length), 0x1235, request, query));
        Assert.False(DnsMessage.IsResponseTo(answer.AsSpan(0, length), 0x1234, Question("ratings", 28), query));
        Assert.False(DnsMessage.IsResponseTo(request, 0x1234, request, query));
    }

    [Fact]
    public void AnswerThatDoesNotFit_IsTruncatedWithinItsBound()
    {
        byte[] request = Question("reviews", 1);
        Read(request, out _, out DnsQuery query);
        IPAddress[] addresses = [.. Enumerable.Range(0, 1000).Select(i => new IPAddress(new byte[] { 10, 0, (byte)(i >> 8), (byte)i }))];
        byte[] answer = new byte[512];
        int length = DnsMessage.WriteAnswer(answer, request, query, DnsResponseCode.NoError, addresses, 30);
        Assert.InRange(length, 490, 512);
        Assert.Equal(0x0200, BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(2)) & 0x0200);
        byte[] large = new byte[65535];
        DnsMessage.WriteAnswer(large, request, query, DnsResponseCode.NoError, addresses, 30);
        Assert.Equal(1000, BinaryPrimitives.ReadUInt16BigEndian(large.AsSpan(6)));
    }

    private static DnsReadStatus Read(ReadOnlySpan<byte> message, out string name, out DnsQuery query)
    {
        Span<byte> buffer = stackalloc byte[DnsMessage.MaxNameBytes];
        DnsReadStatus status = DnsMessage.ReadQuery(message, buffer, out query);
        name = Encoding.ASCII.GetString(buffer[..query.NameLength]);
        return status;
    }

    private static byte[] With(byte[] message, int at, byte value)
    {
        byte[] changed = [.. message];
        changed[at] = value;
        return changed;
    }

    private static byte[] Question(string name, ushort type)
    {
        List<byte> message = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.AddRange([0, (byte)(type >> 8), (byte)type, 0, 1]);
        return [.. message];
    }
}
