using Weft.Kernel.Probes;

namespace Weft.Kernel.Tests.Probes;

/// <summary>Probes say something of every feature, and as root on a kernel with nftables they find the two that capture needs.</summary>
public sealed class FeatureProbesTests
{
    [Fact]
    public async Task EveryProbe_HasASentence()
    {
        IReadOnlyList<FeatureProbe> probes = await FeatureProbes.RunAsync();
        Assert.Equal(["root", "netns", "nft", "original-dst", "cgroup2", "bpf"], probes.Select(probe => probe.Name));
        Assert.All(probes, probe => Assert.EndsWith(".", probe.Sentence, StringComparison.Ordinal));
    }

    [RootFact]
    public async Task Root_CanCaptureHere()
    {
        IReadOnlyList<FeatureProbe> probes = await FeatureProbes.RunAsync();
        Assert.All(probes.Where(probe => probe.Name is "root" or "netns" or "nft"), probe => Assert.True(probe.Available, probe.Sentence));
    }
}
