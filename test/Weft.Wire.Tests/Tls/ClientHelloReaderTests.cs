using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Weft.Wire.Tls;

namespace Weft.Wire.Tests.Tls;

public sealed class ClientHelloReaderTests
{
    private static readonly byte[] s_scratch = new byte[ClientHelloReader.MaxBytes];

    [Fact]
    public void ServerNameAndAlpn_AreReadAtAnySplitAndRecordSize()
    {
        byte[] message = Message(ServerName("orders.default"), Alpn("h2", "istio-h2"));
        Gen.Int[1, message.Length].Sample(recordSize =>
        {
            byte[] wire = Records(message, recordSize);
            for (int length = 0; length < wire.Length; length++)
            {
                if (ClientHelloReader.Read(wire.AsSpan(0, length), s_scratch, out _) != ClientHelloStatus.NeedMore)
                    return false;
            }

            ClientHelloStatus status = ClientHelloReader.Read(wire, s_scratch, out ClientHello hello);
            return status == ClientHelloStatus.Complete && Encoding.ASCII.GetString(hello.ServerName) == "orders.default"
                && hello.Offers("h2"u8) && hello.Offers("istio-h2"u8) && !hello.Offers("istio"u8);
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void NoExtensions_IsCompleteWithoutNames()
    {
        Assert.Equal(ClientHelloStatus.Complete, ClientHelloReader.Read(Records(Message(), 16384), s_scratch, out ClientHello hello));
        Assert.True(hello.ServerName.IsEmpty);
        Assert.True(hello.AlpnList.IsEmpty);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("<script>")]
    [InlineData("")]
    public void OddServerName_IsMalformed(string name) =>
        Assert.Equal(ClientHelloStatus.Malformed, ClientHelloReader.Read(Records(Message(ServerName(name)), 16384), s_scratch, out _));

    [Fact]
    public void RepeatedOrCutExtensions_AreMalformed()
    {
        Assert.Equal(ClientHelloStatus.Malformed, ClientHelloReader.Read(Records(Message(ServerName("a"), ServerName("b")), 16384), s_scratch, out _));
        Assert.Equal(ClientHelloStatus.Malformed, ClientHelloReader.Read(Records(Message(Alpn("")), 16384), s_scratch, out _));
        Assert.Equal(ClientHelloStatus.Malformed, ClientHelloReader.Read(Records(Message([0, 0, 0, 9, 1]), 16384), s_scratch, out _));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1", ClientHelloStatus.NotTls)]
    [InlineData("\u0016\u0002\u0000", ClientHelloStatus.NotTls)]
    [InlineData("\u0080\u002e\u0001\u0003\u0001", ClientHelloStatus.NotTls)]
    [InlineData("\u0016\u0003\u0001\u0000\u0005\u0002", ClientHelloStatus.NotTls)]
    [InlineData("\u0016\u0003\u0001\u0000\u0000", ClientHelloStatus.Malformed)]
    [InlineData("\u0016\u0003\u0001\u0040\u0001", ClientHelloStatus.Malformed)]
    [InlineData("\u0016\u0003\u0001\u0040\u0000\u0001\u0000\u0040\u0000", ClientHelloStatus.TooLarge)]
    [InlineData("\u0016\u0003\u0001\u0000\u0001\u0001\u0017\u0003\u0001", ClientHelloStatus.Malformed)]
    public void OtherBytes_AreTold(string text, ClientHelloStatus status) =>
        Assert.Equal(status, ClientHelloReader.Read(Encoding.Latin1.GetBytes(text), s_scratch, out _));

    [Fact]
    public void RandomDamage_NeverThrows()
    {
        byte[] wire = Records(Message(ServerName("orders.default"), Alpn("h2")), 40);
        Gen.Select(Gen.Int[0, wire.Length - 1], Gen.Byte, Gen.Int[0, wire.Length]).Sample((at, value, length) =>
        {
            byte[] damaged = [.. wire];
            damaged[at] = value;
            ClientHelloStatus status = ClientHelloReader.Read(damaged.AsSpan(0, length), s_scratch, out ClientHello hello);
            return Enum.IsDefined(status) && hello.ServerName.Length <= 255;
        }, iter: 20_000, threads: 1);
    }

    private static byte[] Message(params byte[][] extensions)
    {
        List<byte> body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0];
        if (extensions.Length > 0)
            body.AddRange(Vector16([.. extensions.SelectMany(extension => extension)]));
        return [1, 0, (byte)(body.Count >> 8), (byte)body.Count, .. body];
    }

    private static byte[] ServerName(string name) => [0, 0, .. Vector16(Vector16([0, .. Vector16(Encoding.Latin1.GetBytes(name))]))];

    private static byte[] Alpn(params string[] names) =>
        [0, 16, .. Vector16(Vector16([.. names.SelectMany(name => (byte[])[(byte)name.Length, .. Encoding.ASCII.GetBytes(name)])]))];

    private static byte[] Vector16(byte[] bytes)
    {
        byte[] vector = new byte[2 + bytes.Length];
        BinaryPrimitives.WriteUInt16BigEndian(vector, (ushort)bytes.Length);
        bytes.CopyTo(vector, 2);
        return vector;
    }

    private static byte[] Records(byte[] message, int size) =>
        [.. message.Chunk(size).SelectMany(part => (byte[])[22, 3, 1, .. Vector16(part)])];
}
