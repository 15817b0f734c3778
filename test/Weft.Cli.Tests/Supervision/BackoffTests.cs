using Weft.Cli.Supervision;

namespace Weft.Cli.Tests.Supervision;

public sealed class BackoffTests
{
    [Fact]
    public void QuickFailures_DoubleThePauseUpToTenSeconds()
    {
        Backoff backoff = default;
        List<double> pauses = [.. Enumerable.Range(0, 12).Select(_ => backoff.Next(TimeSpan.FromSeconds(1)).TotalMilliseconds)];
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000, 10000, 10000], pauses);
    }

    [Fact]
    public void AProcessThatLived_StartsOver()
    {
        Backoff backoff = default;
        for (int failure = 0; failure < 6; failure++)
            backoff.Next(TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromMilliseconds(100), backoff.Next(TimeSpan.FromSeconds(30)));
    }
}
