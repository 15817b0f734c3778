using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Every frame that is written is read back as what it was.</summary>
public sealed class FrameWriterTests
{
    [Fact]
    public void WrittenFrames_AreReadBack()
    {
        byte[] buffer = new byte[500];
        Http2FrameWriter writer = new(buffer);
        writer.Settings(new Http2Settings { EnablePush = false, MaxConcurrentStreams = 100 });
        writer.SettingsAck();
        writer.Headers(1, [0x82, 0x86], endStream: true, 16_384);
        writer.Data(1, "abc"u8, endStream: false);
        writer.Data(1, default, endStream: true);
        writer.ResetStream(3, Http2ErrorCode.RefusedStream);
        writer.Ping([1, 2, 3, 4, 5, 6, 7, 8], isAck: true);
        writer.GoAway(int.MaxValue, Http2ErrorCode.NoError, "hi"u8);
        writer.WindowUpdate(0, 65_535);
        Assert.False(writer.Overflowed);
        Assert.Equal(
            [
                "Settings 0 000200000000000300000064", "Settings 0  ACK", "Headers 1 8286 END_STREAM END_HEADERS", "Data 1 length=3 616263", "Data 1 length=0  END_STREAM",
                "ResetStream 3  RefusedStream", "Ping 0 0102030405060708 ACK", "GoAway 0 6869 2147483647 NoError", "WindowUpdate 0  65535",
            ],
            Frames.Read(buffer[..writer.Length], [7]));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(99, 1)]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(200, 2)]
    [InlineData(1001, 11)]
    public void LongHeaderBlock_IsCutIntoContinuations(int length, int frames)
    {
        byte[] block = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        byte[] buffer = new byte[length + frames * Http2Frame.HeaderBytes];
        block.CopyTo(buffer.AsSpan(Http2Frame.HeaderBytes));
        Assert.Equal(-1, Http2FrameWriter.FrameHeaderBlock(buffer.AsSpan(0, buffer.Length - 1), length, 5, true, 100));
        Assert.Equal(buffer.Length, Http2FrameWriter.FrameHeaderBlock(buffer, length, 5, true, 100));

        List<string> lines = Frames.Read(Convert.ToHexString(buffer));
        Assert.Equal(frames, lines.Count);
        Assert.StartsWith("Headers 5 ", lines[0]);
        Assert.Contains(" END_STREAM", lines[0]);
        Assert.All(lines, (line, index) => Assert.Equal(index == frames - 1, line.Contains("END_HEADERS")));
        Assert.Equal(Convert.ToHexStringLower(block), string.Concat(lines.Select(line => line.Split(' ')[2])));

        byte[] copy = new byte[buffer.Length];
        Http2FrameWriter writer = new(copy);
        writer.Headers(5, block, true, 100);
        Assert.Equal(buffer, copy);
    }

    [Fact]
    public void FrameThatDoesNotFit_IsNotWrittenNorIsAnyBehindIt()
    {
        Http2FrameWriter writer = new(new byte[20]);
        writer.SettingsAck();
        writer.Ping([1, 2, 3, 4, 5, 6, 7, 8], isAck: false);
        writer.SettingsAck();
        Assert.True(writer.Overflowed);
        Assert.Equal(9, writer.Length);
    }
}
