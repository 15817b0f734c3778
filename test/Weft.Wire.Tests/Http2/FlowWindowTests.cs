using CsCheck;
using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Flow control (RFC 9113 section 6.9) and the length of a body.</summary>
public sealed class FlowWindowTests
{
    [Fact]
    public void Window_GivesWhatItHas()
    {
        FlowWindow window = new(10);
        Assert.False(window.TryConsume(11));
        Assert.True(window.TryConsume(10));
        Assert.False(window.TryConsume(1));
        Assert.True(window.TryConsume(0));
        Assert.True(window.TryExpand(5));
        Assert.Equal(5, window.Available);
    }

    [Fact]
    public void WindowBeyondItsMaximum_IsAnError()
    {
        FlowWindow window = new(1);
        Assert.True(window.TryExpand(int.MaxValue - 1));
        Assert.False(window.TryExpand(1));
        Assert.False(window.TryShift(1));
        Assert.Equal(int.MaxValue, window.Available);
    }

    [Fact]
    public void SmallerInitialWindow_MakesAWindowNegative()
    {
        FlowWindow window = new(65_535);
        window.TryConsume(60_000);
        Assert.True(window.TryShift(16_384 - 65_535));
        Assert.Equal(5_535 - 49_151, window.Available);
        Assert.False(window.TryConsume(1));
        Assert.True(window.TryConsume(0));
        Assert.True(window.TryExpand(43_617));
        Assert.True(window.TryConsume(1));
        Assert.False(window.TryConsume(1));

        window = new(int.MaxValue);
        window.TryConsume(int.MaxValue);
        Assert.True(window.TryShift(-int.MaxValue));
        Assert.True(window.TryShift(int.MaxValue));
        Assert.Equal(0, window.Available);
    }

    [Fact]
    public void ReceiveWindow_IsRefilledByHalves()
    {
        ReceiveWindow window = new(100);
        Assert.True(window.TryReceive(100));
        Assert.False(window.TryReceive(1));
        Assert.Equal(0, window.Release(49));
        Assert.Equal(50, window.Release(1));
        Assert.Equal(50, window.Available);
        Assert.True(window.TryReceive(50));
        Assert.False(window.TryReceive(1));
    }

    [Fact]
    public void ReceiveWindow_NeverGrantsMoreThanItsSize() => Gen.Int[1, 60].Array[1, 200].Sample(steps =>
    {
        ReceiveWindow window = new(100);
        int held = 0;
        int granted = 100;
        int received = 0;
        foreach (int step in steps)
        {
            if (window.TryReceive(step))
            {
                held += step;
                received += step;
            }

            int released = Math.Min(held, step);
            held -= released;
            granted += window.Release(released);
            Assert.Equal(granted - received, window.Available);
            Assert.InRange(window.Available, 0, 100);
        }
    });

    [Theory]
    [InlineData(-1L, 1_000_000, true, true)]
    [InlineData(0L, 0, true, true)]
    [InlineData(0L, 1, false, false)]
    [InlineData(10L, 9, true, false)]
    [InlineData(10L, 10, true, true)]
    [InlineData(10L, 11, false, false)]
    public void BodyLength_IsHeldAgainstContentLength(long expected, int received, bool isTaken, bool mayEnd)
    {
        Http2BodyLength body = new(expected);
        bool taken = true;
        for (int i = 0; i < received && taken; i++)
            taken = body.TryReceive(1);
        Assert.Equal((isTaken, mayEnd), (taken, body.MayEnd));
    }
}
