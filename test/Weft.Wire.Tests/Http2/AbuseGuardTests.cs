using Weft.Wire.Http2;

namespace Weft.Wire.Tests.Http2;

/// <summary>Legal frames, too many of them: each flood ends at its documented number, and ordinary traffic never does.</summary>
public sealed class AbuseGuardTests
{
    [Theory]
    [InlineData("000008 06 00 00000000 0102030405060708", 10_000, Http2Reason.PingFlood)]
    [InlineData("000008 06 01 00000000 0102030405060708", 1_000, Http2Reason.UselessFrameFlood)]
    [InlineData("000000 04 00 00000000", 200, Http2Reason.SettingsFlood)]
    [InlineData("000005 02 00 00000001 0000000310", 100, Http2Reason.PriorityFlood)]
    [InlineData("000000 00 00 00000001", 1, Http2Reason.EmptyFrameFlood)]
    [InlineData("000003 00 08 00000001 02 0000", 1, Http2Reason.EmptyFrameFlood)]
    [InlineData("000004 08 00 00000001 00000001", 5, Http2Reason.WindowUpdateFlood)]
    [InlineData("000004 08 00 00000000 00000001", 5, Http2Reason.WindowUpdateFlood)]
    [InlineData("000000 ee 00 00000000", 1_000, Http2Reason.UselessFrameFlood)]
    [InlineData("000000 10 00 00000000", 1_000, Http2Reason.UselessFrameFlood)]
    [InlineData("000008 07 00 00000000 0000000000000000", 1_000, Http2Reason.UselessFrameFlood)]
    [InlineData("000004 03 00 00000001 00000008", 100, Http2Reason.ResetFlood)]
    public void FloodAtOnce_EndsBehindItsLimit(string hex, int allowed, Http2Reason reason)
    {
        (int taken, Http2Error error) = Flood(new Http2AbuseGuard(Http2AbuseLimits.Mesh, 0), hex, 1_000_000);
        Assert.Equal((allowed, Http2Error.Connection(Http2ErrorCode.EnhanceYourCalm, reason)), (taken, error));
    }

    [Theory]
    [InlineData("000008 06 00 00000000 0102030405060708", 1_000)]
    [InlineData("000000 04 00 00000000", 20)]
    [InlineData("000000 ee 00 00000000", 100)]
    public void BudgetsAtTheEdge_AreATenth(string hex, int allowed) =>
        Assert.Equal(allowed, Flood(new Http2AbuseGuard(Http2AbuseLimits.Edge, 0), hex, 1_000_000).Taken);

    [Fact]
    public void EmptyContinuations_EndAtOnce()
    {
        Http2AbuseGuard guard = new(Http2AbuseLimits.Mesh, 0);
        Assert.Equal(1, Flood(guard, "000000 01 00 00000001 000000 09 00 00000001", 1).Taken);
    }

    [Fact]
    public void EmptyFrameThatEndsItsStream_IsNoFlood() =>
        Assert.Equal(1_000, Flood(new Http2AbuseGuard(Http2AbuseLimits.Mesh, 0), "000000 00 01 00000001", 1_000).Taken);

    [Fact]
    public void SlowAndSteadyPings_AreTakenForEver()
    {
        Http2AbuseGuard guard = new(Http2AbuseLimits.Edge, 1_000);
        Http2FrameReader reader = Started();
        reader.Read(FieldList.Hex("000008 06 00 00000000 0102030405060708"), out Http2Frame ping, out _, out _);
        for (int i = 0; i < 100_000; i++)
            Assert.True(guard.Receive(ping, 1_000 + 10L * i).IsNone);
        // A clock that stands still or goes back gives nothing.
        int taken = 0;
        while (guard.Receive(ping, 0).IsNone)
            taken++;
        Assert.InRange(taken, 900, 1_000);
    }

    [Fact]
    public void StreamsAndDataSent_AllowWindowUpdatesAndPriorities()
    {
        Http2AbuseGuard guard = new(Http2AbuseLimits.Mesh, 0);
        for (int i = 0; i < 3; i++)
            guard.OpenStream();
        guard.SendData();
        Assert.Equal(5 + 2 * (3 + 10), Flood(guard, "000004 08 00 00000001 00000001", 1_000).Taken);
        Assert.Equal(400, Flood(guard, "000005 02 00 00000001 0000000310", 1_000).Taken);
        Assert.Equal(103, Flood(guard, "000004 03 00 00000001 00000008", 1_000).Taken);
    }

    [Fact]
    public void RapidReset_EndsAtHalfTheLimitWhenNothingElseHappens()
    {
        Http2AbuseGuard guard = new(Http2AbuseLimits.Mesh, 0);
        int streams = 0;
        Http2Error error;
        do
        {
            guard.OpenStream();
            streams++;
            error = guard.EndStream(wasReset: true, lifetimeMs: 5);
        }
        while (error.IsNone);
        Assert.Equal((250, Http2Reason.ResetFlood), (streams, error.Reason));
    }

    [Fact]
    public void ResetsThatAreNotTheRule_AreTaken()
    {
        Http2AbuseGuard guard = new(Http2AbuseLimits.Mesh, 0);
        for (int i = 0; i < 100_000; i++)
        {
            guard.OpenStream();
            Assert.True(guard.EndStream(wasReset: i % 3 == 0, lifetimeMs: 5).IsNone);
        }

        guard = new(Http2AbuseLimits.Mesh, 0);
        for (int i = 0; i < 100_000; i++)
            Assert.True(guard.EndStream(wasReset: true, lifetimeMs: 1_000).IsNone);
    }

    [Fact]
    public void QueueOfAnswers_IsBounded()
    {
        Http2AbuseGuard guard = new(Http2AbuseLimits.Mesh, 0);
        Assert.True(guard.CheckQueue(1_000).IsNone);
        Assert.Equal(Http2Error.Connection(Http2ErrorCode.EnhanceYourCalm, Http2Reason.ControlQueueFull), guard.CheckQueue(1_001));
    }

    private static (int Taken, Http2Error Error) Flood(Http2AbuseGuard guard, string hex, int times)
    {
        byte[] frames = FieldList.Hex(hex);
        for (int i = 0; i < times; i++)
        {
            Http2FrameReader reader = Started();
            ReadOnlySpan<byte> rest = frames;
            for (int part = 0; reader.Read(rest, out Http2Frame frame, out int consumed, out _) == Http2ReadStatus.Frame; part++)
            {
                Http2Error error = guard.Receive(frame, 0);
                if (!error.IsNone)
                    return (i + part, error);
                rest = rest[consumed..];
            }
        }

        return (times, Http2Error.None);
    }

    private static Http2FrameReader Started()
    {
        Http2FrameReader reader = new(Http2FrameLimits.Default);
        reader.Read([0, 0, 0, 4, 0, 0, 0, 0, 0], out _, out _, out _);
        return reader;
    }
}
