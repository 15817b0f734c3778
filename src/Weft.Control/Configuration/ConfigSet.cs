using System.Collections.Immutable;
using Google.Protobuf;
using Istio.Mesh.V1Alpha1;
using Istio.Networking.V1Alpha3;
using Istio.Security.V1Beta1;
using Kubernetes.Core.V1;
using Kubernetes.Discovery.V1;
using Weft.Resources;
using Weft.Resources.Decoding;
using WorkloadSpec = Weft.V1Alpha1.Workload;

namespace Weft.Control.Configuration;

/// <summary>The configuration in force, sorted by kind and each kind by age. Immutable: the input of a snapshot.</summary>
public sealed class ConfigSet
{
    private readonly ImmutableArray<ResourceObject> _objects;

    private ConfigSet(ImmutableArray<ResourceObject> objects)
    {
        _objects = objects;
        Mesh = objects.LastOrDefault(item => item.Spec is MeshConfig)?.Spec as MeshConfig ?? MeshDefaults.Create();
        Services = OfKind<ServiceSpec>("Service");
        EndpointSlices = OfKind<EndpointSlice>("EndpointSlice");
        Endpoints = OfKind<Endpoints>("Endpoints");
        Secrets = OfKind<Secret>("Secret");
        ConfigMaps = OfKind<ConfigMap>("ConfigMap");
        Workloads = OfKind<WorkloadSpec>("Workload");
        ServiceEntries = OfKind<ServiceEntry>("ServiceEntry");
        WorkloadEntries = OfKind<WorkloadEntry>("WorkloadEntry");
        VirtualServices = OfKind<VirtualService>("VirtualService");
        DestinationRules = OfKind<DestinationRule>("DestinationRule");
        Gateways = OfKind<Gateway>("Gateway");
        PeerAuthentications = OfKind<PeerAuthentication>("PeerAuthentication");
    }

    public static ConfigSet Empty { get; } = From([]);

    /// <summary>The mesh configuration with Istio's defaults applied; the last one given when there are several.</summary>
    public MeshConfig Mesh { get; }

    public ImmutableArray<ConfigResource<ServiceSpec>> Services { get; }

    public ImmutableArray<ConfigResource<EndpointSlice>> EndpointSlices { get; }

    public ImmutableArray<ConfigResource<Endpoints>> Endpoints { get; }

    public ImmutableArray<ConfigResource<Secret>> Secrets { get; }

    public ImmutableArray<ConfigResource<ConfigMap>> ConfigMaps { get; }

    public ImmutableArray<ConfigResource<WorkloadSpec>> Workloads { get; }

    public ImmutableArray<ConfigResource<ServiceEntry>> ServiceEntries { get; }

    public ImmutableArray<ConfigResource<WorkloadEntry>> WorkloadEntries { get; }

    public ImmutableArray<ConfigResource<VirtualService>> VirtualServices { get; }

    public ImmutableArray<ConfigResource<DestinationRule>> DestinationRules { get; }

    public ImmutableArray<ConfigResource<Gateway>> Gateways { get; }

    public ImmutableArray<ConfigResource<PeerAuthentication>> PeerAuthentications { get; }

    /// <summary>Every object, in the order given.</summary>
    public ImmutableArray<ResourceObject> Objects => _objects;

    /// <summary>
    /// Sorts objects by kind. Objects that validation refused must not be among them: what is here is in force.
    /// </summary>
    public static ConfigSet From(IEnumerable<ResourceObject> objects) => new([.. objects]);

    private ImmutableArray<ConfigResource<TSpec>> OfKind<TSpec>(string kind)
        where TSpec : class, IMessage
    {
        List<ConfigResource<TSpec>> result = [];
        foreach (ResourceObject item in _objects)
        {
            if (item.Kind != kind || item.Spec is not TSpec spec)
                continue;
            result.Add(new ConfigResource<TSpec>(item.Namespace, item.Name, spec)
            {
                Labels = item.Labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
                Annotations = item.Annotations.ToImmutableSortedDictionary(StringComparer.Ordinal),
                Created = item.CreationTimestamp ?? default,
            });
        }

        // Istio's order of precedence: creation time, then names by bytes.
        return [.. result
            .OrderBy(item => item.Created)
            .ThenBy(item => item.Name, StringComparer.Ordinal)
            .ThenBy(item => item.Namespace, StringComparer.Ordinal)];
    }
}
