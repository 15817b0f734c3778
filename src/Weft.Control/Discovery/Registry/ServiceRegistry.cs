using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Weft.Control.Discovery.Registry;

/// <summary>Every service of the mesh with its endpoints: immutable, built by <see cref="ServiceRegistryBuilder"/>.</summary>
public sealed class ServiceRegistry
{
    private readonly FrozenDictionary<string, ImmutableArray<ServiceModel>> _byHost;
    private readonly FrozenDictionary<ServiceModel, ImmutableArray<EndpointModel>> _endpoints;

    internal ServiceRegistry(ImmutableArray<ServiceModel> services, IReadOnlyDictionary<ServiceModel, ImmutableArray<EndpointModel>> endpoints)
    {
        Services = services;
        _byHost = services.GroupBy(service => service.Hostname).ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
        _endpoints = endpoints.ToFrozenDictionary(ReferenceEqualityComparer<ServiceModel>.Instance);
    }

    /// <summary>All services, the oldest first, then by host name.</summary>
    public ImmutableArray<ServiceModel> Services { get; }

    /// <summary>The services with exactly this host name, one for each namespace that declares it.</summary>
    public ImmutableArray<ServiceModel> WithHost(string hostname) => _byHost.GetValueOrDefault(hostname, []);

    /// <summary>Every endpoint of a service, for all its ports.</summary>
    public ImmutableArray<EndpointModel> EndpointsOf(ServiceModel service) => _endpoints.GetValueOrDefault(service, []);
}
