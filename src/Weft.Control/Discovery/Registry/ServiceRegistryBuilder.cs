using System.Collections.Immutable;
using Istio.Networking.V1Alpha3;
using Kubernetes.Core.V1;
using Weft.Control.Configuration;
using WorkloadSpec = Weft.V1Alpha1.Workload;

namespace Weft.Control.Discovery.Registry;

/// <summary>
/// Builds the registry from what declares services (Service, ServiceEntry, Workload) and what stands behind them (EndpointSlice,
/// Endpoints, WorkloadEntry, registered processes). Pure; one use.
/// </summary>
internal sealed class ServiceRegistryBuilder(ConfigSet config, IReadOnlyCollection<WorkloadRegistration> registrations, RegistryNames names)
{
    private readonly List<(ServiceModel Service, List<EndpointModel> Endpoints)> _services = [];
    private readonly List<WorkloadInstance> _workloads = [];
    private readonly ILookup<(string Namespace, string? Service), ConfigResource<Kubernetes.Discovery.V1.EndpointSlice>> _slices = KubernetesServiceRegistry.SlicesByService(config);

    public ServiceRegistry Build()
    {
        CollectWorkloads();
        foreach (ConfigResource<ServiceSpec> service in config.Services)
            AddService(service);
        foreach (ConfigResource<ServiceEntry> entry in config.ServiceEntries)
            AddServiceEntry(entry);
        AddImpliedServices();

        ImmutableDictionary<string, int> slots = AddressAllocator.Allocate(
            _services.Where(s => !HostNames.IsWildcard(s.Service.Hostname)).Select(s => SlotName(s.Service)));
        Dictionary<ServiceModel, ImmutableArray<EndpointModel>> endpoints = new(ReferenceEqualityComparer<ServiceModel>.Instance);
        ImmutableArray<ServiceModel>.Builder services = ImmutableArray.CreateBuilder<ServiceModel>(_services.Count);
        foreach ((ServiceModel service, List<EndpointModel> behind) in _services)
        {
            ServiceModel placed = service with { AddressSlot = slots.GetValueOrDefault(SlotName(service), -1) };
            services.Add(placed);
            endpoints.Add(placed, [.. behind]);
        }

        services.Sort(static (a, b) =>
        {
            int byTime = a.Created.CompareTo(b.Created);
            if (byTime != 0)
                return byTime;
            int byHost = string.CompareOrdinal(a.Hostname, b.Hostname);
            return byHost != 0 ? byHost : string.CompareOrdinal(a.Namespace, b.Namespace);
        });
        return new ServiceRegistry(services.ToImmutable(), endpoints);
    }

    private static string SlotName(ServiceModel service) => $"{service.Namespace}/{service.Hostname}";

    private void CollectWorkloads()
    {
        foreach (ConfigResource<WorkloadEntry> entry in config.WorkloadEntries)
            _workloads.Add(ServiceEntryRegistry.ToWorkload(entry.Spec, entry.Name, entry.Namespace, entry.Labels, names));
        foreach (WorkloadRegistration process in registrations)
        {
            _workloads.Add(new WorkloadInstance
            {
                Name = process.Name,
                Namespace = process.Namespace,
                Address = process.Address,
                Labels = process.Labels,
                Ports = process.Ports,
                Identity = names.Spiffe(process.Namespace, process.ServiceAccount),
                TlsMode = TlsMode.Istio,
                TakesHbone = true,
                Healthy = process.Healthy,
                Service = process.Service ?? process.Labels.GetValueOrDefault("app", process.Name),
            });
        }
    }

    private void AddService(ConfigResource<ServiceSpec> resource)
    {
        ServiceModel service = KubernetesServiceRegistry.ToService(resource, names);
        List<EndpointModel> endpoints = KubernetesServiceRegistry.ListedEndpoints(config, _slices, resource, service, names);
        foreach (WorkloadInstance workload in _workloads)
        {
            if (workload.Namespace != service.Namespace)
                continue;
            bool joinsByName = service.Selector.Count == 0 && workload.Service == service.Name;
            if (joinsByName || workload.IsSelectedBy(service.Selector))
                endpoints.AddRange(service.Ports.Select(workload.ToEndpoint));
        }

        _services.Add((service, endpoints));
    }

    private void AddServiceEntry(ConfigResource<ServiceEntry> entry)
    {
        foreach (ServiceModel service in ServiceEntryRegistry.ToServices(entry))
        {
            List<EndpointModel> endpoints = ServiceEntryRegistry.InlineEndpoints(entry, service, names);
            if (entry.Spec.WorkloadSelector is { } selector)
            {
                foreach (WorkloadInstance workload in _workloads)
                {
                    if (workload.Namespace == entry.Namespace && workload.IsSelectedBy(selector.Labels))
                        endpoints.AddRange(service.Ports.Select(workload.ToEndpoint));
                }
            }

            _services.Add((service, endpoints));
        }
    }

    /// <summary>A Workload that no Service selects is a service of its own: its label <c>app</c> or its name.</summary>
    private void AddImpliedServices()
    {
        HashSet<string> declared = [.. _services.Select(s => $"{s.Service.Namespace}/{s.Service.Name}")];
        HashSet<(string Namespace, string Name)> selected = [.. _services
            .SelectMany(s => s.Endpoints)
            .Where(e => e.WorkloadName.Length > 0)
            .Select(e => (e.WorkloadNamespace, e.WorkloadName))];
        // One that does not run yet counts as well: its service must not appear and vanish again.
        selected.UnionWith(config.Workloads.Where(IsSelected).Select(workload => (workload.Namespace, workload.Name)));

        IEnumerable<(string Namespace, string Service, string Name, ImmutableArray<PortModel> Ports)> running = registrations.Select(process =>
            (process.Namespace, process.Service ?? process.Labels.GetValueOrDefault("app", process.Name), process.Name, Ports(process)));
        IEnumerable<(string Namespace, string Service, string Name, ImmutableArray<PortModel> Ports)> planned = config.Workloads.Select(workload =>
            (workload.Namespace, ServiceName(workload), workload.Name, Ports(workload.Spec)));
        foreach (var group in running.Concat(planned).GroupBy(w => (w.Namespace, w.Service)))
        {
            if (declared.Contains($"{group.Key.Namespace}/{group.Key.Service}") || group.All(w => selected.Contains((w.Namespace, w.Name))))
                continue;
            ServiceModel service = new()
            {
                Hostname = $"{group.Key.Service}.{group.Key.Namespace}.svc.{names.DomainSuffix}",
                Name = group.Key.Service,
                Namespace = group.Key.Namespace,
                Origin = ServiceOrigin.Workload,
                Resolution = ServiceResolution.Endpoints,
                Ports = [.. group.SelectMany(w => w.Ports).DistinctBy(port => port.Number).OrderBy(port => port.Number)],
            };
            List<EndpointModel> endpoints = [.. _workloads
                .Where(w => w.Namespace == service.Namespace && w.Service == service.Name)
                .SelectMany(w => service.Ports.Select(w.ToEndpoint))];
            if (service.Ports.Length > 0)
                _services.Add((service, endpoints));
        }
    }

    private bool IsSelected(ConfigResource<WorkloadSpec> workload) => _services.Exists(s =>
        s.Service.Namespace == workload.Namespace
        && s.Service.Selector.Count > 0
        && s.Service.Selector.All(pair => workload.Labels.TryGetValue(pair.Key, out string? value) && value == pair.Value));

    private static string ServiceName(ConfigResource<WorkloadSpec> workload) =>
        workload.Spec.Service.Length > 0 ? workload.Spec.Service : workload.Labels.GetValueOrDefault("app", workload.Name);

    private static ImmutableArray<PortModel> Ports(WorkloadRegistration process) =>
        [.. process.Ports.Select(port => new PortModel(port.Name, port.Port, PortProtocols.OfServicePort(port.Port, port.Name, null, port.Protocol)))];

    private static ImmutableArray<PortModel> Ports(WorkloadSpec workload) =>
        [.. workload.Ports.Select(port => new PortModel(port.Name, (int)port.Port, PortProtocols.OfServicePort((int)port.Port, port.Name, null, port.Protocol)))];
}
