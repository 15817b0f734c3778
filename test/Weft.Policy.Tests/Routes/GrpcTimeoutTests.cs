using System.Text;
using Weft.Policy.Routes;

namespace Weft.Policy.Tests.Routes;

public class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 3_600_000.0)]
    [InlineData("2M", 120_000.0)]
    [InlineData("99999999S", 99_999_999_000.0)]
    [InlineData("100m", 100.0)]
    [InlineData("1500u", 1.5)]
    [InlineData("0n", 0.0)]
    [InlineData("1n", 0.0001)]
    public void Value_IsRead(string value, double milliseconds)
    {
        Assert.True(GrpcTimeout.TryParse(Encoding.ASCII.GetBytes(value), out TimeSpan timeout));
        Assert.Equal(TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond)), timeout);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("10x")]
    [InlineData("+1S")]
    [InlineData("-1S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("123456789S")]
    public void AnythingElse_IsNotAValue(string value) => Assert.False(GrpcTimeout.TryParse(Encoding.ASCII.GetBytes(value), out _));

    [Theory]
    [InlineData(0, "0m")]
    [InlineData(1, "1m")]
    [InlineData(99_999_999, "99999999m")]
    [InlineData(100_000_000, "100000S")]
    public void WrittenValue_HasNoMoreThanEightDigits(long milliseconds, string expected)
    {
        Span<byte> room = stackalloc byte[GrpcTimeout.MaxBytes];
        Assert.Equal(expected, Encoding.ASCII.GetString(room[..GrpcTimeout.Write(TimeSpan.FromMilliseconds(milliseconds), room)]));
    }
}
