using System.Collections.Immutable;

namespace Weft.Control.Discovery.Registry;

/// <summary>
/// One service of the mesh, whichever configuration it came from. Immutable; identity is <see cref="Hostname"/> within
/// <see cref="Namespace"/>. Endpoints live in <see cref="ServiceRegistry"/>.
/// </summary>
public sealed record ServiceModel
{
    /// <summary>Fully qualified host, lower case, possibly a wildcard (<c>*.example.org</c>).</summary>
    public required string Hostname { get; init; }

    /// <summary>The namespace of the resource that declared it.</summary>
    public required string Namespace { get; init; }

    /// <summary>Short name for telemetry: the Service's name, or the hostname.</summary>
    public required string Name { get; init; }

    public required ServiceOrigin Origin { get; init; }

    public required ServiceResolution Resolution { get; init; }

    /// <summary>True for services outside the mesh: no mutual TLS by itself.</summary>
    public bool MeshExternal { get; init; }

    /// <summary>True for a Kubernetes Service with <c>clusterIP: None</c>.</summary>
    public bool Headless { get; init; }

    /// <summary>Virtual addresses (IPs or CIDRs) that clients may dial; empty when the service has none.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>Its place in <see cref="AddressAllocator"/>'s range, or -1: gives a service without an address one for clients with DNS capture.</summary>
    public int AddressSlot { get; init; } = -1;

    public ImmutableArray<PortModel> Ports { get; init; } = [];

    /// <summary>Labels that select its workloads; empty when endpoints are listed instead.</summary>
    public ImmutableSortedDictionary<string, string> Selector { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Namespaces that may see it: names, <c>*</c> all, <c>.</c> own, <c>~</c> none.</summary>
    public ImmutableArray<string> ExportTo { get; init; } = ["*"];

    /// <summary>Names that the server's certificate must show one of; empty means the endpoints' own identities.</summary>
    public ImmutableArray<string> SubjectAltNames { get; init; } = [];

    /// <summary>For ordering: the oldest wins.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Finds a port by its number.</summary>
    public PortModel? FindPort(int number)
    {
        foreach (PortModel port in Ports)
        {
            if (port.Number == number)
                return port;
        }

        return null;
    }
}
