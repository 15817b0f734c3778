using System.Collections.Immutable;

namespace Weft.Control.Discovery.Registry;

/// <summary>Something that runs and can stand behind services: a WorkloadEntry or a registered process. Input of the registry's builder.</summary>
internal sealed record WorkloadInstance
{
    public required string Name { get; init; }

    public required string Namespace { get; init; }

    public required string Address { get; init; }

    public required ImmutableSortedDictionary<string, string> Labels { get; init; }

    /// <summary>Ports by name as a WorkloadEntry gives them.</summary>
    public ImmutableSortedDictionary<string, int> PortsByName { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Ports of a registered process; empty for a WorkloadEntry.</summary>
    public ImmutableArray<WorkloadPort> Ports { get; init; } = [];

    public string Identity { get; init; } = "";

    /// <summary>Its proxy ends HBONE.</summary>
    public bool TakesHbone { get; init; }

    public TlsMode TlsMode { get; init; }

    public int Weight { get; init; } = 1;

    public LocalityModel Locality { get; init; } = LocalityModel.None;

    public string Network { get; init; } = "";

    public bool Healthy { get; init; } = true;

    /// <summary>The service that a registered process joins by name; null for a WorkloadEntry.</summary>
    public string? Service { get; init; }

    /// <summary>Whether every pair of <paramref name="selector"/> is among its labels; an empty selector selects nothing.</summary>
    public bool IsSelectedBy(IReadOnlyDictionary<string, string> selector)
    {
        if (selector.Count == 0)
            return false;
        foreach ((string key, string value) in selector)
        {
            if (!Labels.TryGetValue(key, out string? have) || have != value)
                return false;
        }

        return true;
    }

    /// <summary>The endpoint that it offers for one port of a service.</summary>
    public EndpointModel ToEndpoint(PortModel port)
    {
        (int accept, int application) = ResolvePort(port);
        return new EndpointModel
        {
            Address = Address,
            Port = Address.StartsWith("unix://", StringComparison.Ordinal) ? 0 : accept,
            ServicePort = port.Number,
            ApplicationPort = application,
            Labels = Labels,
            Locality = Locality,
            Network = Network,
            Weight = Weight,
            Healthy = Healthy,
            Identity = Identity,
            TlsMode = TlsMode,
            TakesHbone = TakesHbone,
            WorkloadName = Name,
            WorkloadNamespace = Namespace,
        };
    }

    private (int Accept, int Application) ResolvePort(PortModel port)
    {
        int target = port.TargetPort > 0 ? port.TargetPort : port.Number;
        foreach (WorkloadPort own in Ports)
        {
            bool named = port.TargetPortName is not null && own.Name == port.TargetPortName;
            bool numbered = port.TargetPortName is null && (own.Port == target || own.ApplicationPort == target);
            if (named || numbered)
                return (own.InboundPort, own.ApplicationPort);
        }

        foreach (WorkloadPort own in Ports)
        {
            if (own.Name.Length > 0 && own.Name == port.Name)
                return (own.InboundPort, own.ApplicationPort);
        }

        string wanted = port.TargetPortName ?? port.Name;
        if (PortsByName.TryGetValue(wanted, out int mapped) || PortsByName.TryGetValue(port.Name, out mapped))
            return (mapped, 0);
        return (target, 0);
    }
}
