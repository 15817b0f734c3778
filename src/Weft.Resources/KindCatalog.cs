using Google.Protobuf.Reflection;
using Istio.Extensions.V1Alpha1;
using Istio.Networking.V1Alpha3;
using Istio.Security.V1Beta1;
using Kubernetes.Core.V1;

namespace Weft.Resources;

/// <summary>Every kind that can be read, and the names by which commands find it.</summary>
public static class KindCatalog
{
    public const string Networking = "networking.istio.io";
    public const string Security = "security.istio.io";
    public const string Telemetry = "telemetry.istio.io";
    public const string Extensions = "extensions.istio.io";
    public const string Mesh = "mesh.istio.io";
    public const string WeftGroup = "weft.dev";
    private static readonly string[] NetworkingVersions = ["v1", "v1beta1", "v1alpha3"];
    private static readonly string[] SecurityVersions = ["v1", "v1beta1"];

    public static KindDefinition VirtualService { get; } = new(Networking, "VirtualService", "virtualservices", ["vs"], NetworkingVersions, Istio.Networking.V1Alpha3.VirtualService.Descriptor);

    public static KindDefinition DestinationRule { get; } = new(Networking, "DestinationRule", "destinationrules", ["dr"], NetworkingVersions, Istio.Networking.V1Alpha3.DestinationRule.Descriptor);

    public static KindDefinition Gateway { get; } = new(Networking, "Gateway", "gateways", ["gw"], NetworkingVersions, Istio.Networking.V1Alpha3.Gateway.Descriptor);

    public static KindDefinition ServiceEntry { get; } = new(Networking, "ServiceEntry", "serviceentries", ["se"], NetworkingVersions, Istio.Networking.V1Alpha3.ServiceEntry.Descriptor);

    public static KindDefinition WorkloadEntry { get; } = new(Networking, "WorkloadEntry", "workloadentries", ["we"], NetworkingVersions, Istio.Networking.V1Alpha3.WorkloadEntry.Descriptor);

    public static KindDefinition Service { get; } = Core("Service", "services", ["svc"], ServiceSpec.Descriptor) with { HasSpec = true };

    public static KindDefinition EndpointSlice { get; } = new("discovery.k8s.io", "EndpointSlice", "endpointslices", [], ["v1"], Kubernetes.Discovery.V1.EndpointSlice.Descriptor) { HasSpec = false };

    public static KindDefinition Workload { get; } = new(WeftGroup, "Workload", "workloads", ["wl"], ["v1alpha1"], Weft.V1Alpha1.Workload.Descriptor);

    /// <summary>The mesh configuration; in Kubernetes the key <c>mesh</c> of the ConfigMap <c>istio</c>, else a file of its own.</summary>
    public static KindDefinition MeshConfig { get; } = new(Mesh, "MeshConfig", "meshconfigs", [], ["v1alpha1"], Istio.Mesh.V1Alpha1.MeshConfig.Descriptor) { HasSpec = false };

    /// <summary>The networks of a mesh; the key <c>meshNetworks</c> of the ConfigMap <c>istio</c>.</summary>
    public static KindDefinition MeshNetworks { get; } =
        new(Mesh, "MeshNetworks", "meshnetworks", [], ["v1alpha1"], Istio.Mesh.V1Alpha1.MeshNetworks.Descriptor) { HasSpec = false, IsEnforced = false };

    /// <summary>All kinds, in the order in which commands list them.</summary>
    public static IReadOnlyList<KindDefinition> All { get; } =
    [
        Workload,
        Service,
        EndpointSlice,
        Core("Endpoints", "endpoints", ["ep"], Endpoints.Descriptor),
        VirtualService,
        DestinationRule,
        Gateway,
        ServiceEntry,
        WorkloadEntry,
        Accepted(Networking, "WorkloadGroup", "workloadgroups", ["wg"], NetworkingVersions, WorkloadGroup.Descriptor),
        Accepted(Networking, "Sidecar", "sidecars", [], NetworkingVersions, Sidecar.Descriptor),
        Accepted(Networking, "ProxyConfig", "proxyconfigs", [], ["v1beta1"], Istio.Networking.V1Beta1.ProxyConfig.Descriptor),
        Accepted(Networking, "EnvoyFilter", "envoyfilters", [], ["v1alpha3"], EnvoyFilter.Descriptor),
        Accepted(Security, "AuthorizationPolicy", "authorizationpolicies", ["ap"], SecurityVersions, AuthorizationPolicy.Descriptor),
        Accepted(Security, "RequestAuthentication", "requestauthentications", ["ra"], SecurityVersions, RequestAuthentication.Descriptor),
        new(Security, "PeerAuthentication", "peerauthentications", ["pa"], SecurityVersions, PeerAuthentication.Descriptor),
        Accepted(Telemetry, "Telemetry", "telemetries", ["telemetry"], ["v1", "v1alpha1"], Istio.Telemetry.V1Alpha1.Telemetry.Descriptor),
        Accepted(Extensions, "WasmPlugin", "wasmplugins", [], ["v1alpha1"], WasmPlugin.Descriptor),
        Accepted(Extensions, "TrafficExtension", "trafficextensions", [], ["v1alpha1"], TrafficExtension.Descriptor),
        MeshConfig,
        MeshNetworks,
        Core("Namespace", "namespaces", ["ns"], NamespaceSpec.Descriptor) with { HasSpec = true, IsNamespaced = false },
        Core("ServiceAccount", "serviceaccounts", ["sa"], ServiceAccount.Descriptor),
        Core("ConfigMap", "configmaps", ["cm"], ConfigMap.Descriptor),
        Core("Secret", "secrets", [], Secret.Descriptor),
    ];

    /// <summary>The kind of this group and name, as written in YAML.</summary>
    public static KindDefinition? Find(string group, string kind) => All.FirstOrDefault(k => k.Group == group && k.Name == kind);

    /// <summary>The kind that a person means on the command line: kind, plural or short name in any case, with or without the group.</summary>
    public static KindDefinition? FindByName(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string word = dot < 0 ? name : name[..dot], group = dot < 0 ? "" : name[(dot + 1)..];
        return All.FirstOrDefault(k => (group.Length == 0 || k.Group == group)
            && (k.Name.Equals(word, StringComparison.OrdinalIgnoreCase)
                || k.Plural.Equals(word, StringComparison.OrdinalIgnoreCase)
                || k.ShortNames.Contains(word, StringComparer.OrdinalIgnoreCase)));
    }

    private static KindDefinition Core(string name, string plural, string[] shortNames, MessageDescriptor body) =>
        new("", name, plural, shortNames, ["v1"], body) { HasSpec = false };

    private static KindDefinition Accepted(string group, string name, string plural, string[] shortNames, string[] versions, MessageDescriptor body) =>
        new(group, name, plural, shortNames, versions, body) { IsEnforced = false };
}
