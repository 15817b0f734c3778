using CsCheck;
using Weft.Policy.LoadBalancing;

namespace Weft.Policy.Tests.LoadBalancing;

public sealed class PriorityLoadTests
{
    // With 100 endpoints for each priority; most of the rows are those of Envoy's documentation.
    [Theory]
    [InlineData("100 100", "100 0")]
    [InlineData("72 72", "100 0")]
    [InlineData("71 71", "99 1")]
    [InlineData("50 50", "70 30")]
    [InlineData("25 100", "35 65")]
    [InlineData("25 25", "50 50")]
    [InlineData("0 100", "0 100")]
    [InlineData("25 25 25", "35 35 30")]
    [InlineData("0 0 50", "0 0 100")]
    [InlineData("100 100 100", "100 0 0")]
    [InlineData("0 100 100", "0 100 0")]
    [InlineData("20 0 10", "67 0 33")]
    public void HealthyShares_FillInOrder(string healthy, string loads)
    {
        PriorityShare[] shares = Compute(0, [.. healthy.Split(' ').Select(count => new PriorityHealth(100, int.Parse(count), 0))]);
        Assert.Equal(loads, string.Join(' ', shares.Select(share => share.HealthyPercent)));
    }

    [Fact]
    public void DegradedEndpoints_ComeBehindAllHealthyOnes()
    {
        PriorityShare[] shares = Compute(0, new PriorityHealth(100, 25, 25), new PriorityHealth(100, 25, 50));
        Assert.Equal([(35, 30), (35, 0)], shares.Select(share => (share.HealthyPercent, share.DegradedPercent)));
        Assert.Equal(0, PriorityLoad.Choose(shares, 34, out bool degraded));
        Assert.False(degraded);
        Assert.Equal(1, PriorityLoad.Choose(shares, 35, out _));
        Assert.Equal(0, PriorityLoad.Choose(shares, 70, out degraded));
        Assert.True(degraded);
    }

    [Theory]
    [InlineData("10 10", 50, "True True")]
    [InlineData("10 60", 50, "True False")]
    [InlineData("10 80", 50, "False False")]
    [InlineData("10 10", 0, "False False")]
    public void Panic_NeedsTooFewEverywhere(string healthy, double threshold, string panics)
    {
        PriorityShare[] shares = Compute(threshold, [.. healthy.Split(' ').Select(count => new PriorityHealth(100, int.Parse(count), 0))]);
        Assert.Equal(panics, string.Join(' ', shares.Select(share => share.Panic)));
    }

    [Fact]
    public void NothingHealthy_SpreadsBySizeInPanicAndNowhereWithout()
    {
        PriorityHealth[] dead = [new(30, 0, 0), new(10, 0, 0), new(0, 0, 0)];
        Assert.Equal([75, 25, 0], Compute(50, dead).Select(share => share.HealthyPercent));
        Assert.Equal(-1, PriorityLoad.Choose(Compute(0, dead), 0, out _));
        Assert.Equal(-1, PriorityLoad.Choose(Compute(50, new PriorityHealth(0, 0, 0)), 0, out _));
    }

    [Fact]
    public void Shares_AddUpToAllWheneverAnEndpointIsUsable() => Gen.Select(Gen.Int[0, 50], Gen.Int[0, 50], Gen.Int[0, 50]).Array[1, 6].Sample(counts =>
    {
        PriorityHealth[] priorities = [.. counts.Select(count => new PriorityHealth(count.Item1 + count.Item2 + count.Item3, count.Item1, count.Item2))];
        int sum = Compute(50, priorities).Sum(share => share.HealthyPercent + share.DegradedPercent);
        return sum == (priorities.Any(priority => priority.Total > 0) ? 100 : 0);
    });

    private static PriorityShare[] Compute(double threshold, params PriorityHealth[] priorities)
    {
        PriorityShare[] shares = new PriorityShare[priorities.Length];
        PriorityLoad.Compute(priorities, PriorityLoad.DefaultOverprovisioning, threshold, shares);
        return shares;
    }
}
