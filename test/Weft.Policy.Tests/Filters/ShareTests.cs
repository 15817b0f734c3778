using Envoy.Type.V3;
using Weft.Policy.Filters;

namespace Weft.Policy.Tests.Filters;

public class ShareTests
{
    [Theory]
    [InlineData(25u, FractionalPercent.Types.DenominatorType.Hundred, 100, 25)]
    [InlineData(1u, FractionalPercent.Types.DenominatorType.TenThousand, 10_000, 1)]
    [InlineData(1_000u, FractionalPercent.Types.DenominatorType.Million, 1_000_000, 1_000)]
    [InlineData(0u, FractionalPercent.Types.DenominatorType.Hundred, 1_000, 0)]
    [InlineData(100u, FractionalPercent.Types.DenominatorType.Hundred, 1_000, 1_000)]
    [InlineData(500u, FractionalPercent.Types.DenominatorType.Hundred, 1_000, 1_000)]
    public void Share_TakesExactlyItsPartOfEvenlySpreadNumbers(uint numerator, FractionalPercent.Types.DenominatorType denominator, int numbers, int taken)
    {
        Share share = Share.Of(new FractionalPercent { Numerator = numerator, Denominator = denominator }, Share.None);
        Assert.Equal(taken, Enumerable.Range(0, numbers).Count(number => share.Takes((ulong)number)));
    }

    [Fact]
    public void UnsetShare_IsWhatTheCallerSays()
    {
        Assert.True(Share.Of(null, Share.All).Takes(7));
        Assert.False(Share.Of(null, Share.None).Takes(0));
    }
}
