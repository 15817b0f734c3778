using System.Collections.Immutable;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Hosting;

/// <summary>
/// A <see cref="WorkloadRegistration"/> as its JSON says it. Generated code sets every member of a record that can only be set at its birth, those that the text
/// leaves out to nothing; members that can be set later keep their defaults, and a registration without <c>healthy</c> is a healthy one.
/// </summary>
internal sealed class RegistrationText
{
    public required string Name { get; set; }

    public string Namespace { get; set; } = "default";

    public required string Address { get; set; }

    public ImmutableArray<WorkloadPort> Ports { get; set; } = [];

    public ImmutableSortedDictionary<string, string> Labels { get; set; } = ImmutableSortedDictionary<string, string>.Empty;

    public string ServiceAccount { get; set; } = "default";

    public string? Service { get; set; }

    public bool Healthy { get; set; } = true;

    public WorkloadRegistration ToRegistration() => new()
    {
        Name = Name,
        Namespace = Namespace,
        Address = Address,
        Ports = Ports,
        Labels = Labels,
        ServiceAccount = ServiceAccount,
        Service = Service,
        Healthy = Healthy,
    };
}
