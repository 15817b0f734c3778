namespace Weft.Kernel.Probes;

/// <summary>What was found of one feature of the machine.</summary>
/// <param name="Name">Short name, stable: <c>root</c>, <c>netns</c>, <c>nft</c>, <c>original-dst</c>, <c>cgroup2</c>, <c>bpf</c>.</param>
/// <param name="Available">Whether it can be used.</param>
/// <param name="Sentence">What was found and, when it is missing, what to do.</param>
public sealed record FeatureProbe(string Name, bool Available, string Sentence);
