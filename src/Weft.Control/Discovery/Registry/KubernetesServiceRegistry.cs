using System.Collections.Immutable;
using Kubernetes.Core.V1;
using Kubernetes.Discovery.V1;
using Kubernetes.Meta.V1;
using Weft.Control.Configuration;

namespace Weft.Control.Discovery.Registry;

/// <summary>Kubernetes' Service, EndpointSlice and Endpoints as registry models. Source: Istio's Kubernetes conversion.</summary>
internal static class KubernetesServiceRegistry
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";
    private const string ExportToAnnotation = "networking.istio.io/exportTo";
    private const string TlsModeLabel = "security.istio.io/tlsMode";
    private const string ServiceAccountAnnotation = "weft.dev/service-account";

    public static ServiceModel ToService(ConfigResource<ServiceSpec> resource, RegistryNames names)
    {
        ServiceSpec spec = resource.Spec;
        bool headless = spec.ClusterIp == "None";
        bool external = spec.Type == "ExternalName" && spec.ExternalName.Length > 0;
        return new ServiceModel
        {
            Hostname = $"{resource.Name}.{resource.Namespace}.svc.{names.DomainSuffix}",
            Name = resource.Name,
            Namespace = resource.Namespace,
            Origin = ServiceOrigin.Kubernetes,
            Resolution = external ? ServiceResolution.Dns : headless ? ServiceResolution.Passthrough : ServiceResolution.Endpoints,
            MeshExternal = external,
            Headless = headless,
            Addresses = Addresses(spec),
            Ports = [.. spec.Ports.Select(ToPort)],
            Selector = spec.Selector.ToImmutableSortedDictionary(StringComparer.Ordinal),
            ExportTo = resource.Annotations.TryGetValue(ExportToAnnotation, out string? exportTo)
                ? [.. exportTo.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
                : [],
            Created = resource.Created,
        };
    }

    /// <summary>Endpoints that are written down: slices and Endpoints objects of the service's name, or the external name.</summary>
    public static List<EndpointModel> ListedEndpoints(
        ConfigSet config,
        ILookup<(string Namespace, string? Service), ConfigResource<EndpointSlice>> slices,
        ConfigResource<ServiceSpec> resource,
        ServiceModel service,
        RegistryNames names)
    {
        List<EndpointModel> result = [];
        if (service.MeshExternal)
        {
            result.AddRange(service.Ports.Select(port => new EndpointModel
            {
                Address = resource.Spec.ExternalName,
                Port = port.TargetPort > 0 ? port.TargetPort : port.Number,
                ServicePort = port.Number,
            }));
            return result;
        }

        foreach (ConfigResource<EndpointSlice> slice in slices[(resource.Namespace, resource.Name)])
            AddSlice(result, slice, service, names);

        foreach (ConfigResource<Endpoints> listed in config.Endpoints)
        {
            if (listed.Namespace == resource.Namespace && listed.Name == resource.Name)
                AddEndpoints(result, listed, service);
        }

        return result;
    }

    /// <summary>Slices by the service that they belong to.</summary>
    public static ILookup<(string Namespace, string? Service), ConfigResource<EndpointSlice>> SlicesByService(ConfigSet config) =>
        config.EndpointSlices.ToLookup(slice => (slice.Namespace, slice.Labels.GetValueOrDefault(ServiceNameLabel)));

    private static ImmutableArray<string> Addresses(ServiceSpec spec)
    {
        IEnumerable<string> addresses = spec.ClusterIps.Count > 0 ? spec.ClusterIps : [spec.ClusterIp];
        return [.. addresses.Where(address => address.Length > 0 && address != "None").Distinct()];
    }

    private static PortModel ToPort(ServicePort port)
    {
        PortProtocol protocol = PortProtocols.OfServicePort(port.Port, port.Name, port.Protocol, port.AppProtocol, port.TargetPort?.IntValue ?? 0);
        string? targetName = port.TargetPort?.KindCase == IntOrString.KindOneofCase.StringValue ? port.TargetPort.StringValue : null;
        return new PortModel(port.Name, port.Port, protocol, port.TargetPort?.IntValue ?? 0, targetName);
    }

    private static void AddSlice(List<EndpointModel> result, ConfigResource<EndpointSlice> slice, ServiceModel service, RegistryNames names)
    {
        // There are no pods in files, so a slice's own labels stand for those of its pods: subsets select by them.
        ImmutableSortedDictionary<string, string> labels = slice.Labels.RemoveRange(slice.Labels.Keys.Where(IsBookkeeping));
        TlsMode tlsMode = labels.GetValueOrDefault(TlsModeLabel) == "istio" ? TlsMode.Istio : TlsMode.Disabled;
        string identity = names.Spiffe(slice.Namespace, slice.Annotations.GetValueOrDefault(ServiceAccountAnnotation, ""));
        foreach (Kubernetes.Discovery.V1.EndpointPort port in slice.Spec.Ports)
        {
            PortModel? servicePort = service.Ports.FirstOrDefault(candidate => candidate.Name == port.Name);
            if (servicePort is null || port.Port is not { } number)
                continue;
            foreach (Endpoint endpoint in slice.Spec.Endpoints)
            {
                foreach (string address in endpoint.Addresses)
                {
                    result.Add(new EndpointModel
                    {
                        Address = address,
                        Port = number,
                        ServicePort = servicePort.Number,
                        Labels = labels,
                        Locality = string.IsNullOrEmpty(endpoint.Zone) ? LocalityModel.None : new LocalityModel("", endpoint.Zone, ""),
                        Healthy = endpoint.Conditions?.Ready ?? true,
                        Identity = identity,
                        TlsMode = tlsMode,
                        TakesHbone = labels.GetValueOrDefault(EndpointModel.TunnelLabel) == "http",
                        WorkloadName = endpoint.TargetRef?.Name ?? "",
                        WorkloadNamespace = slice.Namespace,
                    });
                }
            }
        }
    }

    private static void AddEndpoints(List<EndpointModel> result, ConfigResource<Endpoints> listed, ServiceModel service)
    {
        foreach (EndpointSubset subset in listed.Spec.Subsets)
        {
            foreach (Kubernetes.Core.V1.EndpointPort port in subset.Ports)
            {
                PortModel? servicePort = service.Ports.FirstOrDefault(candidate => candidate.Name == port.Name);
                if (servicePort is null)
                    continue;
                IEnumerable<(EndpointAddress Address, bool Ready)> addresses =
                    subset.Addresses.Select(a => (a, true)).Concat(subset.NotReadyAddresses.Select(a => (a, false)));
                foreach ((EndpointAddress address, bool ready) in addresses)
                {
                    result.Add(new EndpointModel
                    {
                        Address = address.Ip,
                        Port = port.Port,
                        ServicePort = servicePort.Number,
                        Healthy = ready,
                        WorkloadName = address.TargetRef?.Name ?? "",
                        WorkloadNamespace = listed.Namespace,
                    });
                }
            }
        }
    }

    private static bool IsBookkeeping(string label) =>
        label == ServiceNameLabel || label.StartsWith("endpointslice.kubernetes.io/", StringComparison.Ordinal);
}
