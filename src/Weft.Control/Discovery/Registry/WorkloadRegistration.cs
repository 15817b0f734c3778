using System.Collections.Immutable;

namespace Weft.Control.Discovery.Registry;

/// <summary>
/// A running local process as its supervisor reports it: the runtime half of a <c>Workload</c> resource, which only says what
/// to run. Identity is name and namespace; registering again replaces.
/// </summary>
public sealed record WorkloadRegistration
{
    public required string Name { get; init; }

    public string Namespace { get; init; } = "default";

    /// <summary>The address where its proxy accepts: 127.x.0.1 in loopback mode, the namespace's address in transparent mode.</summary>
    public required string Address { get; init; }

    public ImmutableArray<WorkloadPort> Ports { get; init; } = [];

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public string ServiceAccount { get; init; } = "default";

    /// <summary>The Service it joins when no selector picks it; null means label <c>app</c>, else the name.</summary>
    public string? Service { get; init; }

    /// <summary>False keeps it out of load balancing.</summary>
    public bool Healthy { get; init; } = true;

    /// <summary>Whether another says the same: records compare collections by reference only.</summary>
    internal bool IsSameAs(WorkloadRegistration other) =>
        this with { Ports = other.Ports, Labels = other.Labels } == other && Ports.SequenceEqual(other.Ports) && Labels.SequenceEqual(other.Labels);
}
