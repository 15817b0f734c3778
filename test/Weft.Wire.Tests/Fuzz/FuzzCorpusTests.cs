using Weft.Fuzz;

namespace Weft.Wire.Tests.Fuzz;

/// <summary>
/// Everything that was ever found worth keeping is decoded again, cut at every place: no exception, no read behind the end, the same result as in one
/// piece. Then a moment of fuzzing; <c>fuzz/run</c> does it for longer.
/// </summary>
public class FuzzCorpusTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.Create().Select(static target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void CorpusCutAnywhere_IsDecodedAlike(string name)
    {
        FuzzTarget target = FuzzTargets.Create(name);
        using GuardedMemory memory = new();
        byte[][] corpus = Corpus(name);
        Assert.True(corpus.Length >= 4, $"{name} has {corpus.Length} inputs");
        foreach (byte[] input in corpus)
        {
            for (int cut = 1; cut < input.Length; cut++) target.Run(memory, input, [cut]);
            target.Run(memory, input, [.. Enumerable.Range(1, Math.Max(0, input.Length - 1))]);
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void MutatedCorpus_BreaksNothing(string name)
    {
        Fuzzer fuzzer = new(FuzzTargets.Create(name), Corpus(name), seed: 1);
        fuzzer.Run(20_000);
        Assert.True(fuzzer.Shapes >= 8, $"{name} came to {fuzzer.Shapes} shapes of outcome only");
    }

    [Fact]
    public void DecoderThatBreaksOnOneInput_IsFound()
    {
        Fuzzer fuzzer = new(new BrittleTarget(), [[1, 2, 3, 4]], seed: 1);
        Assert.Throws<IndexOutOfRangeException>(() => fuzzer.Run(1_000_000));
        Assert.Equal(0xff, fuzzer.Current[2]);
    }

    [Fact]
    public void DecoderThatDependsOnPieces_IsFound() =>
        Assert.Contains("cut at", Assert.Throws<FuzzFindingException>(static () => new Fuzzer(new ForgetfulTarget(), [[1, 2, 3, 4]], seed: 1).Run(1_000)).Message);

    private static byte[][] Corpus(string name) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "FuzzCorpus", name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>Breaks on one value of one byte behind two others.</summary>
    private sealed class BrittleTarget : FuzzTarget
    {
        public override string Name => "brittle";

        protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome)
        {
            if (input is [1, 2, 0xff, ..]) throw new IndexOutOfRangeException();
            outcome.Kind(input.Length > 0 ? input[0] : -1);
        }
    }

    /// <summary>Sees only the last piece.</summary>
    private sealed class ForgetfulTarget : FuzzTarget
    {
        public override string Name => "forgetful";

        protected override void Decode(GuardedMemory memory, ReadOnlySpan<byte> input, ReadOnlySpan<int> cuts, ref Outcome outcome) =>
            outcome.Bytes(cuts.IsEmpty ? input : input[cuts[^1]..]);
    }
}
