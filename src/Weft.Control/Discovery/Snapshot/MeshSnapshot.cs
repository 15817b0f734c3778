using System.Collections.Immutable;
using Kubernetes.Core.V1;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Policies;
using Weft.Control.Discovery.Registry;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>
/// The whole mesh at one moment: immutable, indexed, free to share between threads. Translation reads nothing else.
/// </summary>
public sealed class MeshSnapshot
{
    private readonly DestinationRuleIndex _destinationRules;

    private MeshSnapshot(ConfigSet config, IReadOnlyCollection<WorkloadRegistration> registrations, MeshOptions options)
    {
        Options = options;
        Config = config;
        Mesh = new MeshDefaultsInForce(config.Mesh);
        RegistryNames names = new(options.DomainSuffix, Mesh.TrustDomain);
        Names = names;
        Registry = new ServiceRegistryBuilder(config, registrations, names).Build();
        VirtualServices = VirtualServiceResolver.Resolve(config, options.DomainSuffix, Mesh.Config.DefaultVirtualServiceExportTo);
        _destinationRules = new DestinationRuleIndex(config, options.DomainSuffix, Mesh.RootNamespace, Mesh.Config.DefaultDestinationRuleExportTo);
        Gateways = [.. config.Gateways.Select(gateway => new GatewayModel(
            gateway.Namespace,
            gateway.Name,
            gateway.Spec.Selector.ToImmutableSortedDictionary(StringComparer.Ordinal),
            [.. gateway.Spec.Servers]))];
        PeerAuthentication = new PeerAuthenticationIndex(config, Mesh.RootNamespace, options.DefaultMtlsMode);
        Secrets = config.Secrets.ToImmutableDictionary(secret => secret.FullName, secret => secret.Spec);
    }

    public MeshOptions Options { get; }

    /// <summary>What it was built from.</summary>
    public ConfigSet Config { get; }

    public MeshDefaultsInForce Mesh { get; }

    public RegistryNames Names { get; }

    public ServiceRegistry Registry { get; }

    /// <summary>Every root VirtualService, the oldest first.</summary>
    public ImmutableArray<VirtualServiceModel> VirtualServices { get; }

    public ImmutableArray<GatewayModel> Gateways { get; }

    public PeerAuthenticationIndex PeerAuthentication { get; }

    /// <summary>By <c>namespace/name</c>.</summary>
    public ImmutableDictionary<string, Secret> Secrets { get; }

    /// <summary>Builds a snapshot of what is in force and what runs.</summary>
    public static MeshSnapshot Build(ConfigSet config, MeshOptions options, IReadOnlyCollection<WorkloadRegistration>? registrations = null) =>
        new(config, registrations ?? [], options);

    /// <summary>The services that clients of a namespace see. Of several with one host their own namespace's wins, then the oldest.</summary>
    public IReadOnlyList<ServiceModel> ServicesVisibleTo(string clientNamespace)
    {
        List<ServiceModel> visible = [];
        Dictionary<string, int> byHost = [];
        foreach (ServiceModel service in Registry.Services)
        {
            if (!Visibility.IsVisible(service.ExportTo, service.Namespace, clientNamespace, Mesh.Config.DefaultServiceExportTo))
                continue;
            if (!byHost.TryGetValue(service.Hostname, out int place))
            {
                byHost.Add(service.Hostname, visible.Count);
                visible.Add(service);
            }
            else if (service.Namespace == clientNamespace && visible[place].Namespace != clientNamespace)
            {
                visible[place] = service;
            }
        }

        return visible;
    }

    /// <summary>The VirtualServices bound to <paramref name="gateway"/> (<c>mesh</c> or <c>namespace/name</c>) that a namespace sees, the oldest first.</summary>
    public IEnumerable<VirtualServiceModel> VirtualServicesFor(string gateway, string clientNamespace)
    {
        foreach (VirtualServiceModel model in VirtualServices)
        {
            if (model.Gateways.Contains(gateway)
                && Visibility.IsVisible(model.ExportTo, model.Namespace, clientNamespace, Mesh.Config.DefaultVirtualServiceExportTo))
            {
                yield return model;
            }
        }
    }

    /// <summary>The DestinationRule in force for a client and a service, or null.</summary>
    public DestinationRuleModel? DestinationRuleFor(string clientNamespace, IReadOnlyDictionary<string, string> clientLabels, ServiceModel service) =>
        _destinationRules.Find(clientNamespace, clientLabels, service);

    /// <summary>The Gateways whose selector picks a proxy with these labels; an empty selector picks all.</summary>
    public IEnumerable<GatewayModel> GatewaysFor(IReadOnlyDictionary<string, string> labels) =>
        Gateways.Where(gateway => gateway.Selector.All(pair => labels.TryGetValue(pair.Key, out string? value) && value == pair.Value));
}
