using System.Collections.Immutable;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>A VirtualService with every short name resolved, its gateways as <c>namespace/name</c> or <c>mesh</c>, and its delegates merged in.</summary>
public sealed record VirtualServiceModel
{
    /// <summary>The gateway name that stands for all sidecars.</summary>
    public const string MeshGateway = "mesh";

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required ImmutableArray<string> Hosts { get; init; }

    public required ImmutableSortedSet<string> Gateways { get; init; }

    public required ImmutableArray<string> ExportTo { get; init; }

    /// <summary>The rules. A copy of the user's message: translators only read it.</summary>
    public required VirtualService Spec { get; init; }
}
