using System.Collections.Immutable;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>All DestinationRules of one namespace for one host as one: subsets united by name, the oldest traffic policy.</summary>
public sealed record DestinationRuleModel
{
    public required string Namespace { get; init; }

    /// <summary>The oldest of the merged rules: what metadata points to.</summary>
    public required string Name { get; init; }

    /// <summary>FQDN or wildcard.</summary>
    public required string Host { get; init; }

    public required ImmutableArray<string> ExportTo { get; init; }

    /// <summary>Client labels that it applies to; empty for all clients.</summary>
    public required ImmutableSortedDictionary<string, string> WorkloadSelector { get; init; }

    /// <summary>Mesh-wide policy of these clients for the host; null when only subsets are given.</summary>
    public TrafficPolicy? TrafficPolicy { get; init; }

    public ImmutableArray<Subset> Subsets { get; init; } = [];

    public Subset? FindSubset(string name) => Subsets.FirstOrDefault(subset => subset.Name == name);
}
