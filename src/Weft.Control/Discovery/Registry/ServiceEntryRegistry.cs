using System.Collections.Immutable;
using Istio.Networking.V1Alpha3;
using Weft.Control.Configuration;

namespace Weft.Control.Discovery.Registry;

/// <summary>Istio's ServiceEntry and WorkloadEntry as registry models: one service for each host.</summary>
internal static class ServiceEntryRegistry
{
    private const string TlsModeLabel = "security.istio.io/tlsMode";

    public static IEnumerable<ServiceModel> ToServices(ConfigResource<ServiceEntry> entry)
    {
        ServiceEntry spec = entry.Spec;
        foreach (string host in spec.Hosts)
        {
            yield return new ServiceModel
            {
                Hostname = host.ToLowerInvariant(),
                Name = host.ToLowerInvariant(),
                Namespace = entry.Namespace,
                Origin = ServiceOrigin.ServiceEntry,
                Resolution = spec.Resolution switch
                {
                    ServiceEntry.Types.Resolution.Static => ServiceResolution.Endpoints,
                    ServiceEntry.Types.Resolution.Dns => ServiceResolution.Dns,
                    ServiceEntry.Types.Resolution.DnsRoundRobin => ServiceResolution.DnsRoundRobin,
                    _ => ServiceResolution.Passthrough,
                },
                MeshExternal = spec.Location == ServiceEntry.Types.Location.MeshExternal,
                Addresses = [.. spec.Addresses],
                Ports = [.. spec.Ports.Select(port => new PortModel(port.Name, (int)port.Number, PortProtocols.Parse(port.Protocol), (int)port.TargetPort))],
                Selector = (spec.WorkloadSelector?.Labels ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
                ExportTo = [.. spec.ExportTo],
                SubjectAltNames = [.. spec.SubjectAltNames],
                Created = entry.Created,
            };
        }
    }

    /// <summary>The endpoints listed in the entry; a DNS entry without any resolves its own host.</summary>
    public static List<EndpointModel> InlineEndpoints(ConfigResource<ServiceEntry> entry, ServiceModel service, RegistryNames names)
    {
        List<EndpointModel> result = [];
        if (entry.Spec.WorkloadSelector is not null)
            return result;
        bool byName = service.Resolution is ServiceResolution.Dns or ServiceResolution.DnsRoundRobin;
        if (entry.Spec.Endpoints.Count == 0 && byName && !HostNames.IsWildcard(service.Hostname))
        {
            result.AddRange(service.Ports.Select(port => new EndpointModel
            {
                Address = service.Hostname,
                Port = port.TargetPort > 0 ? port.TargetPort : port.Number,
                ServicePort = port.Number,
            }));
            return result;
        }

        foreach (WorkloadEntry endpoint in entry.Spec.Endpoints)
        {
            ImmutableSortedDictionary<string, string> none = ImmutableSortedDictionary<string, string>.Empty;
            WorkloadInstance workload = ToWorkload(endpoint, "", entry.Namespace, none, names);
            result.AddRange(service.Ports.Select(workload.ToEndpoint));
        }

        return result;
    }

    public static WorkloadInstance ToWorkload(
        WorkloadEntry entry, string name, string ns, ImmutableSortedDictionary<string, string> metadataLabels, RegistryNames names)
    {
        ImmutableSortedDictionary<string, string> labels = metadataLabels.SetItems(entry.Labels);
        return new WorkloadInstance
        {
            Name = name,
            Namespace = ns,
            Address = entry.Address,
            Labels = labels,
            PortsByName = entry.Ports.ToImmutableSortedDictionary(pair => pair.Key, pair => (int)pair.Value, StringComparer.Ordinal),
            Identity = names.Spiffe(ns, entry.ServiceAccount),
            TlsMode = labels.GetValueOrDefault(TlsModeLabel) == "istio" ? TlsMode.Istio : TlsMode.Disabled,
            TakesHbone = labels.GetValueOrDefault(EndpointModel.TunnelLabel) == "http",
            Weight = entry.Weight == 0 ? 1 : (int)entry.Weight,
            Locality = LocalityModel.Parse(entry.Locality),
            Network = entry.Network,
        };
    }
}
