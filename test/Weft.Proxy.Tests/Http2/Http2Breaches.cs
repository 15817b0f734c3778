using System.Text;
using static Weft.Proxy.Tests.Http2.Http2Script;

namespace Weft.Proxy.Tests.Http2;

/// <summary>What a server may not send while stream 1 waits for its response.</summary>
internal static class Http2Breaches
{
    private const byte EndStream = 1, EndHeaders = 4, Padded = 8;

    public static byte[] DataBeforeHead => Bytes(Data, EndStream, 1, 1, 2, 3);

    public static byte[] DataOnIdleStream => Bytes(Data, 0, 99, 1);

    public static byte[] HeadersOnIdleStream => Bytes(Headers, EndHeaders, 99, 0x88);

    public static byte[] HeadersOnEvenStream => Bytes(Headers, EndHeaders, 2, 0x88);

    public static byte[] HeadersOnStreamZero => Bytes(Headers, EndHeaders, 0, 0x88);

    public static byte[] NoStatus => Head(Field("a", "b"));

    public static byte[] TwoStatuses => Head([0x88, 0x88]);

    public static byte[] StatusOutOfRange => Head(Field(":status", "099"));

    public static byte[] Status101 => Head(Field(":status", "101"));

    public static byte[] UppercaseName => Head([0x88, .. Field("Server", "a")]);

    public static byte[] ConnectionField => Head([0x88, .. Field("transfer-encoding", "chunked")]);

    public static byte[] RequestPseudoField => Head([0x88, .. Field(":path", "/")]);

    public static byte[] LineBreakInValue => Head([0x88, .. Field("a", "b\r\nset-cookie: c")]);

    public static byte[] InterimThatEnds => Bytes(Headers, EndHeaders | EndStream, 1, Field(":status", "103"));

    public static byte[] ManyInterims => [.. Enumerable.Repeat(Head(Field(":status", "103")), 20).SelectMany(static frame => frame)];

    public static byte[] ContentLengthTwice => Head([0x88, .. Field("content-length", "1"), .. Field("content-length", "1")]);

    public static byte[] MoreThanContentLength => [.. Head([0x88, .. Field("content-length", "1")]), .. Bytes(Data, EndStream, 1, 1, 2)];

    public static byte[] LessThanContentLength => [.. Head([0x88, .. Field("content-length", "3")]), .. Bytes(Data, EndStream, 1, 1, 2)];

    public static byte[] BadCompression => Head([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

    public static byte[] PushPromised => Bytes(PushPromise, EndHeaders, 1, [0, 0, 0, 2, 0x82]);

    public static byte[] FrameTooLong => Bytes(Data, 0, 1, new byte[20_000]);

    public static byte[] ContinuationOfNothing => Bytes(Continuation, EndHeaders, 1, 0x88);

    public static byte[] DataInsideBlock => [.. Bytes(Headers, 0, 1, 0x88), .. Bytes(Data, EndStream, 1, 1)];

    public static byte[] EndlessContinuations =>
        [.. Bytes(Headers, 0, 1, 0x88), .. Enumerable.Repeat(Bytes(Continuation, 0, 1, Field("a", new string('b', 100))), 4_000).SelectMany(static frame => frame)];

    public static byte[] ZeroWindowUpdate => Bytes(WindowUpdate, 0, 1, Number(0));

    public static byte[] WindowOverflow => Bytes(WindowUpdate, 0, 1, Number(int.MaxValue));

    public static byte[] ConnectionWindowOverflow => Bytes(WindowUpdate, 0, 0, Number(int.MaxValue));

    public static byte[] BadSettingsLength => Bytes(Settings, 0, 0, 1, 2, 3);

    public static byte[] BadInitialWindow => Bytes(Settings, 0, 0, Setting(4, uint.MaxValue));

    public static byte[] ServerEnablesPush => Bytes(Settings, 0, 0, Setting(2, 1));

    public static byte[] BadPingLength => Bytes(Ping, 0, 0, 1, 2, 3);

    public static byte[] ResetOfIdleStream => Bytes(ResetStream, 0, 99, Number(8));

    public static byte[] PaddingLongerThanFrame => [.. Head([0x88]), .. Bytes(Data, Padded, 1, 200, 1)];

    public static byte[] Http1Answer => Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");

    private static byte[] Head(byte[] block) => Bytes(Headers, EndHeaders, 1, block);
}
