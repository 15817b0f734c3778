using CsCheck;
using Weft.Policy.Resilience;

namespace Weft.Policy.Tests.Resilience;

public sealed class OutlierDetectorTests
{
    private static readonly OutlierSettings s_half = new() { MaxEjectionPercent = 50 };

    [Fact]
    public void FailuresInARow_EjectExactlyAtTheThreshold()
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(4, s_half);
        for (int i = 0; i < 4; i++)
            Assert.False(detector.Report(hosts[0], OutlierOutcome.ServerError, 0, 0));
        Assert.False(detector.Report(hosts[0], OutlierOutcome.Success, 0, 0));
        for (int i = 0; i < 4; i++)
            Assert.False(detector.Report(hosts[0], OutlierOutcome.GatewayError, 0, 0));
        int version = detector.Version;
        Assert.True(detector.Report(hosts[0], OutlierOutcome.LocalFailure, 0, 0));
        Assert.True(hosts[0].IsEjected);
        Assert.NotEqual(version, detector.Version);
        Assert.False(detector.Report(hosts[0], OutlierOutcome.ServerError, 0, 0));
        Assert.Equal(1, detector.Ejected);
    }

    [Theory]
    [InlineData(OutlierOutcome.GatewayError, true)]
    [InlineData(OutlierOutcome.ConnectFailure, true)]
    [InlineData(OutlierOutcome.ServerError, false)]
    [InlineData(OutlierOutcome.LocalFailure, false)]
    public void GatewayFailures_AreTheirOwnRun(OutlierOutcome outcome, bool ejects)
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(4, s_half with { Consecutive5xx = 0, EnforcingGatewayFailurePercent = 100, ConsecutiveGatewayFailure = 3 });
        for (int i = 0; i < 3; i++)
            detector.Report(hosts[0], outcome, 0, 0);
        Assert.Equal(ejects, hosts[0].IsEjected);
        detector.Report(hosts[1], OutlierOutcome.GatewayError, 0, 0);
        detector.Report(hosts[1], OutlierOutcome.ServerError, 0, 0);
        detector.Report(hosts[1], OutlierOutcome.GatewayError, 0, 0);
        detector.Report(hosts[1], OutlierOutcome.GatewayError, 0, 0);
        Assert.False(hosts[1].IsEjected);
    }

    [Fact]
    public void SplitErrors_CountFailuresWithoutAnAnswerApart()
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(4, s_half with { SplitLocalOriginErrors = true, ConsecutiveLocalOriginFailure = 2, Consecutive5xx = 2 });
        Assert.False(detector.Report(hosts[0], OutlierOutcome.ConnectFailure, 0, 0));
        Assert.False(detector.Report(hosts[0], OutlierOutcome.ServerError, 0, 0));
        Assert.False(detector.Report(hosts[0], OutlierOutcome.Success, 0, 0));
        Assert.True(detector.Report(hosts[0], OutlierOutcome.LocalFailure, 0, 0));
        detector.Report(hosts[1], OutlierOutcome.ConnectFailure, 0, 0);
        detector.Report(hosts[1], OutlierOutcome.ConnectSuccess, 0, 0);
        Assert.False(detector.Report(hosts[1], OutlierOutcome.ConnectFailure, 0, 0));
    }

    [Fact]
    public void Enforcement_TakesItsShare()
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(2, s_half with { Consecutive5xx = 1, Enforcing5xxPercent = 30 });
        Assert.False(detector.Report(hosts[0], OutlierOutcome.ServerError, 0, 30));
        Assert.True(detector.Report(hosts[1], OutlierOutcome.ServerError, 0, 129));
    }

    [Fact]
    public void Ejections_LastLongerEachTimeAndAreForgiven()
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(2, s_half with { Consecutive5xx = 1, BaseEjectionTime = TimeSpan.FromSeconds(30), MaxEjectionTime = TimeSpan.FromSeconds(70) });
        long now = 0;
        foreach (int seconds in (int[])[30, 60, 70, 70])
        {
            Assert.True(detector.Report(hosts[0], OutlierOutcome.ServerError, now, 0));
            Assert.False(detector.Tick(now + seconds * 1000 - 1));
            Assert.True(hosts[0].IsEjected);
            now += seconds * 1000;
            Assert.True(detector.Tick(now));
            Assert.False(hosts[0].IsEjected);
        }

        for (int i = 0; i < 4; i++)
            detector.Tick(now);
        detector.Report(hosts[0], OutlierOutcome.ServerError, now, 0);
        Assert.True(detector.Tick(now + 30_000));
    }

    [Fact]
    public void MaximumShare_IsNeverPassed() => Gen.Select(Gen.Int[1, 20], Gen.UInt[0, 100], Gen.Int[0, 19].Array[0, 200]).Sample((count, percent, failures) =>
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(count, new OutlierSettings { Consecutive5xx = 1, MaxEjectionPercent = percent });
        foreach (int failure in failures)
            detector.Report(hosts[failure % count], OutlierOutcome.ServerError, 0, 0);
        int ejected = hosts.Count(host => host.IsEjected);
        return ejected * 100 <= percent * count && ejected == detector.Ejected;
    });

    [Fact]
    public void RemovedEndpoint_FreesItsPlace()
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(2, s_half with { Consecutive5xx = 1 });
        Assert.True(detector.Report(hosts[0], OutlierOutcome.ServerError, 0, 0));
        Assert.False(detector.Report(hosts[1], OutlierOutcome.ServerError, 0, 0));
        detector.SetHosts([hosts[1], new OutlierHost()]);
        Assert.False(hosts[0].IsEjected);
        Assert.Equal(0, detector.Ejected);
        Assert.False(detector.Report(hosts[0], OutlierOutcome.ServerError, 0, 0));
        detector.Report(hosts[1], OutlierOutcome.Success, 0, 0);
        Assert.True(detector.Report(hosts[1], OutlierOutcome.ServerError, 0, 0));
    }

    [Fact]
    public void ManyThreads_EjectEachEndpointOnce()
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(10, new OutlierSettings { Consecutive5xx = 100, MaxEjectionPercent = 100 });
        int ejections = 0;
        Parallel.For(0, 10_000, i =>
        {
            if (detector.Report(hosts[i % 10], OutlierOutcome.ServerError, 0, 0))
                Interlocked.Increment(ref ejections);
        });
        Assert.Equal(10, ejections);
        Assert.Equal(10, detector.Ejected);
    }

    [Fact]
    public void Reporting_AllocatesNothing()
    {
        (OutlierDetector detector, OutlierHost[] hosts) = Cluster(2, s_half with { Consecutive5xx = 1_000_000 });
        Assert.Equal(0, Allocation.Of(() =>
        {
            detector.Report(hosts[0], OutlierOutcome.ServerError, 0, 0);
            detector.Report(hosts[0], OutlierOutcome.Success, 0, 0);
        }));
    }

    private static (OutlierDetector, OutlierHost[]) Cluster(int hosts, OutlierSettings settings)
    {
        OutlierDetector detector = new(settings);
        OutlierHost[] all = [.. Enumerable.Range(0, hosts).Select(_ => new OutlierHost())];
        detector.SetHosts(all);
        return (detector, all);
    }
}
