using CsCheck;
using Weft.Proxy.Engine;
using Timer = Weft.Proxy.Engine.Timer;

namespace Weft.Proxy.Tests.Engine;

public class TimerWheelTests
{
    [Fact]
    public void AnyTimers_FireOnceNotEarlyAndSoonAfter() =>
        Gen.Select(Gen.Int[1, 60_000].Array[1, 50], Gen.Int[1, 3000].Array[1, 60]).Sample((delays, steps) =>
        {
            long now = 1000;
            var wheel = new TimerWheel(now);
            var owner = new Owner();
            Timer[] timers = [.. delays.Select((_, i) => new Timer(owner, i))];
            for (int i = 0; i < delays.Length; i++) wheel.Arm(timers[i], now, delays[i]);
            int step = 0;
            while (now < 1000 + 61_000)
            {
                long earlier = now;
                int timeout = wheel.TimeoutMs(now);
                now += timeout < 0 ? 1000 : Math.Min(steps[step++ % steps.Length], Math.Max(timeout, 1));
                owner.Fired.Clear();
                wheel.Advance(now);
                foreach (int kind in owner.Fired)
                {
                    long due = 1000 + delays[kind];
                    Assert.InRange(due, earlier - 8, now);
                    Assert.True(due <= now);
                }

                owner.All.AddRange(owner.Fired);
            }

            Assert.Equal(Enumerable.Range(0, delays.Length), owner.All.Order());
        }, iter: 200);

    [Fact]
    public void RearmedTimer_FiresAtTheNewTimeOnly()
    {
        var wheel = new TimerWheel(0);
        var owner = new Owner();
        var timer = new Timer(owner, 0);
        wheel.Arm(timer, 0, 100);
        wheel.Arm(timer, 50, 100);
        wheel.Advance(120);
        Assert.Empty(owner.Fired);
        wheel.Advance(160);
        Assert.Single(owner.Fired);
    }

    [Fact]
    public void DisarmedTimer_DoesNotFire()
    {
        var wheel = new TimerWheel(0);
        var owner = new Owner();
        var timer = new Timer(owner, 0);
        wheel.Arm(timer, 0, 100);
        TimerWheel.Disarm(timer);
        wheel.Advance(1000);
        Assert.Empty(owner.Fired);
        Assert.Equal(-1, wheel.TimeoutMs(1000));
    }

    private sealed class Owner : ITimerOwner
    {
        public List<int> Fired { get; } = [];

        public List<int> All { get; } = [];

        public void OnTimer(Timer timer) => Fired.Add(timer.Kind);
    }
}
