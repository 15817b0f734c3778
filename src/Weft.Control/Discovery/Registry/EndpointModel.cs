using System.Collections.Immutable;

namespace Weft.Control.Discovery.Registry;

/// <summary>One socket address behind one port of a service. Immutable.</summary>
public sealed record EndpointModel
{
    /// <summary>A workload with this label and the value <c>http</c> takes HBONE.</summary>
    public const string TunnelLabel = "networking.istio.io/tunnel";

    /// <summary>An IP address, a host name (DNS resolution) or <c>unix:///path</c>.</summary>
    public required string Address { get; init; }

    /// <summary>The workload's port; 0 for a Unix socket.</summary>
    public required int Port { get; init; }

    /// <summary>The service port (number) that this endpoint serves.</summary>
    public required int ServicePort { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public LocalityModel Locality { get; init; } = LocalityModel.None;

    public string Network { get; init; } = "";

    /// <summary>Relative share, at least 1.</summary>
    public int Weight { get; init; } = 1;

    public bool Healthy { get; init; } = true;

    /// <summary><c>spiffe://…</c>, or empty when unknown.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Its proxy ends HBONE: a registered process, or one that says so by Istio's label (<see cref="TunnelLabel"/>).</summary>
    public bool TakesHbone { get; init; }

    public TlsMode TlsMode { get; init; }

    public string WorkloadName { get; init; } = "";

    public string WorkloadNamespace { get; init; } = "";

    /// <summary>The application's port behind the proxy's inbound listener in loopback mode, or 0 when it is <see cref="Port"/>.</summary>
    public int ApplicationPort { get; init; }
}
