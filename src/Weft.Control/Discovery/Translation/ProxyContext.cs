using System.Collections.Immutable;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Translation;

/// <summary>
/// A snapshot seen from one proxy: the services and rules that it may see. One per translation, not shared between threads; the
/// lookups are kept because listeners, routes and clusters ask the same questions.
/// </summary>
internal sealed class ProxyContext
{
    private readonly Dictionary<ServiceModel, DestinationRuleModel?> _destinationRules = new(ReferenceEqualityComparer<ServiceModel>.Instance);
    private readonly Dictionary<string, ServiceModel> _byHost;

    public ProxyContext(MeshSnapshot snapshot, ProxyDescription proxy)
    {
        Snapshot = snapshot;
        Proxy = proxy;
        Services = snapshot.ServicesVisibleTo(proxy.Namespace);
        _byHost = Services.ToDictionary(service => service.Hostname);
        Targets = FindTargets();
    }

    public MeshSnapshot Snapshot { get; }

    public ProxyDescription Proxy { get; }

    /// <summary>Visible services, the oldest first, one for each host.</summary>
    public IReadOnlyList<ServiceModel> Services { get; }

    /// <summary>What this proxy's workload serves, by target port, the oldest service of each port only.</summary>
    public IReadOnlyList<ServiceTarget> Targets { get; }

    public bool IsLoopback => Proxy.LoopbackPrefix is not null;

    /// <summary>Whether a listener that really binds may take this port.</summary>
    public bool CanBind(int port) => port >= 1024 || !Proxy.Unprivileged;

    public string DnsDomain => $"{Proxy.Namespace}.svc.{Snapshot.Options.DomainSuffix}";

    public ServiceModel? FindService(string host) => _byHost.GetValueOrDefault(host);

    public DestinationRuleModel? DestinationRuleFor(ServiceModel service)
    {
        if (!_destinationRules.TryGetValue(service, out DestinationRuleModel? rule))
        {
            rule = Snapshot.DestinationRuleFor(Proxy.Namespace, Proxy.Labels, service);
            _destinationRules.Add(service, rule);
        }

        return rule;
    }

    /// <summary>The addresses at which this proxy's workload reaches a service; empty when only its name tells it apart.</summary>
    public ImmutableArray<string> AddressesOf(ServiceModel service)
    {
        if (IsLoopback)
            return service.AddressSlot < 0 ? [] : [AddressAllocator.AddressOf(Proxy.LoopbackPrefix!, service.AddressSlot)];
        if (service.Addresses.Length > 0 || !Proxy.DnsCapture || service.AddressSlot < 0 || service.Resolution == ServiceResolution.Passthrough)
            return service.Addresses;
        return [AddressAllocator.AddressOf(AddressAllocator.VirtualPrefix, service.AddressSlot)];
    }

    private List<ServiceTarget> FindTargets()
    {
        Dictionary<int, ServiceTarget> byPort = [];
        foreach (ServiceModel service in Snapshot.Registry.Services)
        {
            bool listed = false;
            foreach (EndpointModel endpoint in Snapshot.Registry.EndpointsOf(service))
            {
                if (Proxy.Address.Length == 0 || endpoint.Address != Proxy.Address)
                    continue;
                listed = true;
                if (service.FindPort(endpoint.ServicePort) is { } port && port.Protocol != PortProtocol.Udp)
                    byPort.TryAdd(endpoint.Port, new ServiceTarget(service, port, endpoint.Port, endpoint.ApplicationPort));
            }

            // Without an endpoint of this address its labels decide, as for a pod that is not ready yet.
            if (!listed && service.Namespace == Proxy.Namespace && IsSelected(service))
            {
                foreach (PortModel port in service.Ports.Where(p => p.Protocol != PortProtocol.Udp && p.TargetPortName is null))
                {
                    int target = port.TargetPort > 0 ? port.TargetPort : port.Number;
                    byPort.TryAdd(target, new ServiceTarget(service, port, target, 0));
                }
            }
        }

        return [.. byPort.Values.OrderBy(target => target.TargetPort)];
    }

    private bool IsSelected(ServiceModel service) => service.Selector.Count > 0
        && service.Selector.All(pair => Proxy.Labels.TryGetValue(pair.Key, out string? value) && value == pair.Value);
}
