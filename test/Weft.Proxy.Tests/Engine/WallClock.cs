namespace Weft.Proxy.Tests.Engine;

/// <summary>The system's clocks, but for a wall clock that a test may set, as an administrator, NTP or a suspended machine does.</summary>
internal sealed class WallClock : TimeProvider
{
    private long _aheadTicks;

    public void Jump(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));
}
