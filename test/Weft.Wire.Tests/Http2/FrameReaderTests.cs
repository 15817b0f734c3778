using CsCheck;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Frames as they should be and as they should not (RFC 9113 sections 4 and 6).</summary>
public sealed class FrameReaderTests
{
    [Theory]
    [InlineData("000003 00 00 00000001 616263", "Data 1 length=3 616263")]
    [InlineData("000003 00 01 00000001 616263", "Data 1 length=3 616263 END_STREAM")]
    [InlineData("000000 00 01 00000001", "Data 1 length=0  END_STREAM")]
    [InlineData("000006 00 08 00000001 02 616263 0000", "Data 1 length=6 616263")]
    [InlineData("000003 00 09 00000001 02 0000", "Data 1 length=3  END_STREAM")]
    [InlineData("000002 01 05 00000001 8286", "Headers 1 8286 END_STREAM END_HEADERS")]
    [InlineData("000008 01 2c 00000001 01 80000003 10 82 00", "Headers 1 82 END_HEADERS")]
    [InlineData("000005 01 24 00000003 00000003 10", "Headers 3  END_HEADERS itself")]
    [InlineData("000005 02 00 00000002 00000003 10", "Priority 2 0000000310")]
    [InlineData("000004 03 00 00000001 00000008", "ResetStream 1  Cancel")]
    [InlineData("000000 04 01 00000000", "Settings 0  ACK")]
    [InlineData("000006 04 00 00000000 0003 00000064", "Settings 0 000300000064")]
    [InlineData("000008 06 01 00000000 0102030405060708", "Ping 0 0102030405060708 ACK")]
    [InlineData("00000a 07 00 00000000 80000007 0000000b 6869", "GoAway 0 6869 7 EnhanceYourCalm")]
    [InlineData("000004 08 00 80000001 80000005", "WindowUpdate 1  5")]
    [InlineData("000004 08 00 00000000 7fffffff", "WindowUpdate 0  2147483647")]
    [InlineData("000003 10 ff 00000000 616263", "PriorityUpdate 0 ")]
    [InlineData("000003 ee ff 00000004 616263", "238 4 ")]
    public void Frame_IsRead(string hex, string line) => Assert.Equal([line], Frames.Read(hex));

    [Theory]
    [InlineData("000001 00 00 00000000 00", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000001 00 00 00000002 00", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000001 01 04 00000000 82", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000001 01 04 00000002 82", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000005 02 00 00000000 0000000310", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000004 03 00 00000000 00000008", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000000 04 00 00000001", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000008 06 00 00000001 0102030405060708", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000008 07 00 00000001 0000000000000000", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000004 08 00 00000002 00000001", Http2ErrorCode.ProtocolError, Http2Reason.BadStreamId)]
    [InlineData("000001 09 04 00000001 82", Http2ErrorCode.ProtocolError, Http2Reason.UnexpectedContinuation)]
    [InlineData("000005 05 04 00000001 0000000282", Http2ErrorCode.ProtocolError, Http2Reason.UnexpectedPush)]
    [InlineData("000001 00 08 00000001 01", Http2ErrorCode.ProtocolError, Http2Reason.BadPadding)]
    [InlineData("000002 01 0c 00000001 0282", Http2ErrorCode.ProtocolError, Http2Reason.BadPadding)]
    [InlineData("000007 01 2c 00000001 02 0000000510 82", Http2ErrorCode.ProtocolError, Http2Reason.BadPadding)]
    [InlineData("000004 08 00 00000000 00000000", Http2ErrorCode.ProtocolError, Http2Reason.ZeroWindowIncrement)]
    [InlineData("000000 00 08 00000001", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000000 01 0c 00000001", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000004 01 24 00000001 00000003", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000003 03 00 00000001 000000", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000001 04 01 00000000 00", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000005 04 00 00000000 0003000000", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000007 06 00 00000000 01020304050607", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000007 07 00 00000000 01020304050607", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("000003 08 00 00000001 000001", Http2ErrorCode.FrameSizeError, Http2Reason.BadFrameLength)]
    [InlineData("004001 00 00 00000001", Http2ErrorCode.FrameSizeError, Http2Reason.FrameTooLarge)]
    [InlineData("ffffff ee 00 00000001", Http2ErrorCode.FrameSizeError, Http2Reason.FrameTooLarge)]
    public void BrokenFrame_EndsTheConnection(string hex, Http2ErrorCode code, Http2Reason reason) => Assert.Equal([$"Connection {code} {reason}"], Frames.Read(hex));

    [Theory]
    [InlineData("000004 02 00 00000003 00000001", "Stream FrameSizeError BadFrameLength 3")]
    [InlineData("000005 02 00 00000003 00000003 00", "Stream ProtocolError SelfDependency 3")]
    [InlineData("000004 08 00 00000003 80000000", "Stream ProtocolError ZeroWindowIncrement 3")]
    public void FrameThatIsBrokenForItsStreamOnly_LetsTheConnectionGoOn(string hex, string line) =>
        Assert.Equal([line, "Data 1 length=1 61"], Frames.Read(hex + "000001 00 00 00000001 61"));

    [Theory]
    [InlineData("000001 00 00 00000001 61")]
    [InlineData("000001 01 04 00000001 82")]
    [InlineData("000000 04 01 00000000")]
    [InlineData("000008 06 00 00000000 0102030405060708")]
    [InlineData("000001 ee 00 00000000 00")]
    public void FirstFrameThatIsNotSettings_EndsTheConnection(string hex) =>
        Assert.Equal(["Connection ProtocolError SettingsExpected"], Frames.Read(FieldList.Hex(hex), [100]));

    [Fact]
    public void Continuations_FollowTheirHeaders()
    {
        const string Start = "000001 01 01 00000001 82 000001 09 00 00000001 86";
        Assert.Equal(
            ["Headers 1 82 END_STREAM", "Continuation 1 86", "Continuation 1  END_HEADERS", "Data 3 length=0 "], Frames.Read(Start + "000000 09 04 00000001 000000 00 00 00000003"));
        Assert.Equal("Connection ProtocolError ContinuationExpected", Frames.Read(Start + "000001 09 04 00000003 82")[^1]);
        Assert.Equal("Connection ProtocolError ContinuationExpected", Frames.Read(Start + "000001 00 00 00000001 82")[^1]);
        Assert.Equal("Connection ProtocolError ContinuationExpected", Frames.Read(Start + "000000 ee 00 00000000")[^1]);
        Assert.Equal("Connection ProtocolError ContinuationExpected", Frames.Read(Start + "000001 01 04 00000001 82")[^1]);
    }

    [Fact]
    public void ContinuationFlood_EndsAtTheFrameLimit()
    {
        string flood = "000001 01 00 00000001 82" + string.Concat(Enumerable.Repeat("000000 09 00 00000001", 1000));
        List<string> lines = Frames.Read(flood);
        Assert.Equal("Connection EnhanceYourCalm HeaderBlockTooLarge", lines[^1]);
        Assert.Equal(1 + 128 + 1, lines.Count);
    }

    [Fact]
    public void HeaderBlock_EndsAtTheByteLimitBeforeItsPayloadComes()
    {
        Http2FrameLimits limits = new(16_384, 100, 128);
        string fits = Frames.Header(60, 1, 0, 1) + new string('0', 120) + Frames.Header(40, 9, 4, 1) + new string('0', 80);
        Assert.Equal(2, Frames.Read(fits, limits).Count);
        Assert.Equal("Headers 3 82 END_HEADERS", Frames.Read(fits + "000001 01 04 00000003 82", limits)[^1]);
        string tooLong = Frames.Header(60, 1, 0, 1) + new string('0', 120) + Frames.Header(41, 9, 4, 1);
        Assert.Equal("Connection EnhanceYourCalm HeaderBlockTooLarge", Frames.Read(tooLong, limits)[^1]);
        Assert.Equal("Connection EnhanceYourCalm HeaderBlockTooLarge", Frames.Read(Frames.Header(101, 1, 4, 1) + new string('0', 202), limits)[^1]);
    }

    [Fact]
    public void PartOfADataFrame_IsHandedOverAtOnce()
    {
        Http2FrameReader reader = new(Http2FrameLimits.Default);
        reader.Read(FieldList.Hex(Frames.Settings), out _, out _, out _);
        Assert.Equal(Http2ReadStatus.Frame, reader.Read(FieldList.Hex("000006 00 09 00000001 02 61"), out Http2Frame frame, out int consumed, out _));
        Assert.Equal((11, 6, 1, true, false, false), (consumed, frame.Length, frame.Payload.Length, frame.IsFirstPart, frame.IsLastPart, frame.EndStream));
        Assert.Equal(Http2ReadStatus.NeedMore, reader.Read(default, out _, out _, out _));
        Assert.Equal(Http2ReadStatus.Frame, reader.Read(FieldList.Hex("6263 0000 000001"), out frame, out consumed, out _));
        Assert.Equal((2, 2, false, true, true), (consumed, frame.Payload.Length, frame.IsFirstPart, frame.IsLastPart, frame.EndStream));
        Assert.Equal(Http2ReadStatus.NeedMore, reader.Read(FieldList.Hex("0000 000001"), out _, out consumed, out _));
        Assert.Equal(2, consumed);
    }

    [Fact]
    public void PartOfAnyOtherFrame_WaitsForTheRest()
    {
        Http2FrameReader reader = new(Http2FrameLimits.Default);
        byte[] input = FieldList.Hex("000006 04 00 00000000 0003 00000064");
        for (int length = 0; length < input.Length; length++)
        {
            Assert.Equal(Http2ReadStatus.NeedMore, reader.Read(input.AsSpan(0, length), out _, out int consumed, out _));
            Assert.Equal(0, consumed);
        }
    }

    [Fact]
    public void RandomSplits_GiveTheSameFramesAsTheWhole()
    {
        string[] parts =
        [
            "000003 00 00 00000001 616263", "000006 00 09 00000001 02 616263 0000", "000002 01 05 00000001 8286", "000008 01 2c 00000001 01 80000003 10 82 00",
            "000004 03 00 00000001 00000008", "000006 04 00 00000000 0003 00000064", "000003 ee ff 00000004 616263", "000004 08 00 00000003 80000000",
            "000001 01 00 00000001 82 000001 09 04 00000001 82", "000000 00 08 00000001", "000008 06 00 00000000 0102030405060708", "00", "ff",
        ];
        Gen.Select(Gen.Int[0, parts.Length - 1].Array[0, 10], Gen.Int[1, 30].Array[1, 12]).Sample((chosen, steps) =>
        {
            byte[] input = FieldList.Hex(Frames.Settings + string.Concat(chosen.Select(part => parts[part])));
            Assert.Equal(Frames.Read(input, [int.MaxValue]), Frames.Read(input, steps));
        }, iter: 10_000);
    }

    [Fact]
    public void RandomBytes_NeverThrowAndConsumeNoMoreThanThereIs()
    {
        Random random = new(9113);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] input = new byte[random.Next(200)];
            random.NextBytes(input);
            for (int i = 0; i + 9 <= input.Length; i += 9 + input[i + 2])
            {
                // Mostly plausible headers, so that the reader gets beyond the first one.
                input[i] = input[i + 1] = 0;
                input[i + 2] %= 20;
                input[i + 3] = (byte)(i == 0 ? 4 : random.Next(12));
                input.AsSpan(i + 5, 3).Clear();
                input[i + 8] = (byte)(i == 0 ? 0 : random.Next(4));
                input[i + 4] = (byte)(i == 0 ? 0 : input[i + 4]);
                input[2] = (byte)(i == 0 ? 12 : input[2]);
            }

            Http2FrameReader reader = new(Http2FrameLimits.Default);
            ReadOnlySpan<byte> rest = input;
            while (reader.Read(rest, out Http2Frame frame, out int consumed, out Http2Error error) != Http2ReadStatus.NeedMore && !error.IsConnectionError)
            {
                Assert.InRange(consumed, 1, rest.Length);
                Assert.InRange(frame.Payload.Length, 0, consumed);
                rest = rest[consumed..];
            }
        }
    }

    [Fact]
    public void EveryReason_HasADetailsToken()
    {
        string[] tokens = [.. Enum.GetValues<Http2Reason>().Where(reason => reason != Http2Reason.None).Select(Http2Reasons.Details)];
        Assert.All(tokens, token => Assert.Matches("^http2\\.[a-z0-9_]+$", token));
        Assert.DoesNotContain("http2.codec_error", tokens);
        Assert.Equal(tokens.Length, tokens.Distinct().Count());
    }
}
