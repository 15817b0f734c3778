using CsCheck;
using Weft.Policy.LoadBalancing;

namespace Weft.Policy.Tests.LoadBalancing;

public sealed class WeightedTurnsTests
{
    [Fact]
    public void EqualWeights_TakeTurnsInOrder()
    {
        WeightedTurns turns = new([2, 2, 2], 0);
        Assert.Equal([0, 1, 2, 0, 1, 2, 0], Enumerable.Range(0, 7).Select(_ => turns.Next()));
        Assert.Equal(1, new WeightedTurns([2, 2, 2], 4).Next());
    }

    [Fact]
    public void UnequalWeights_AreSpreadEvenly()
    {
        WeightedTurns turns = new([1, 3], 0);
        string taken = string.Concat(Enumerable.Range(0, 400).Select(_ => turns.Next()));
        Assert.InRange(taken.Count(turn => turn == '0'), 99, 101);
        Assert.DoesNotContain("00", taken);
        Assert.DoesNotContain("11111", taken);
    }

    [Fact]
    public void EveryShare_IsWithinOneTurnOfItsWeight() => Gen.Select(Gen.Int[1, 20].Array[1, 8], Gen.UInt[0, 20]).Sample((weights, skip) =>
    {
        WeightedTurns turns = new([.. weights.Select(weight => (double)weight)], skip);
        int rounds = weights.Sum() * 10;
        int[] counts = new int[weights.Length];
        for (int i = 0; i < rounds; i++)
            counts[turns.Next()]++;
        return Enumerable.Range(0, weights.Length).All(i => Math.Abs(counts[i] - weights[i] * 10) <= weights.Length + 1);
    });

    [Fact]
    public void Taking_AllocatesNothing()
    {
        WeightedTurns turns = new([1, 2, 3, 4], 0);
        Assert.Equal(0, Allocation.Of(() => turns.Next()));
    }

    [Fact]
    public void BadWeights_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new WeightedTurns([1, 0], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WeightedTurns([], 0));
    }
}
