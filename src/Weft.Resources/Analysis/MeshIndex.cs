using Google.Protobuf;
using Istio.Networking.V1Alpha3;
using Kubernetes.Core.V1;
using Weft.V1Alpha1;

namespace Weft.Resources.Analysis;

/// <summary>All objects of a mesh by kind, and the hosts that they make known. Built once for an analysis.</summary>
internal sealed class MeshIndex
{
    private const string ClusterSuffix = ".svc.cluster.local";
    private readonly Dictionary<string, HashSet<uint>> ports = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> wildcards = [];

    public MeshIndex(IReadOnlyList<ResourceObject> resources)
    {
        All = resources;
        foreach (ResourceObject resource in resources)
        {
            switch (resource.Spec)
            {
                case ServiceSpec service:
                    AddHost(Qualify(resource.Name, resource.Namespace), service.Ports.Select(p => (uint)p.Port));
                    break;
                case ServiceEntry entry:
                    foreach (string host in entry.Hosts)
                        AddHost(host, entry.Ports.Select(p => p.Number));
                    break;
                case Workload workload:
                    AddHost(Qualify(ServiceOf(resource, workload), resource.Namespace), workload.Ports.Select(p => p.Port));
                    break;
            }
        }
    }

    public IReadOnlyList<ResourceObject> All { get; }

    public IEnumerable<(ResourceObject Resource, T Spec)> Of<T>()
        where T : class, IMessage => All.Where(r => r.Spec is T).Select(r => (r, (T)r.Spec));

    /// <summary>The full name of a host as written in an object of a namespace.</summary>
    public static string Qualify(string host, string space) =>
        host.Contains('.', StringComparison.Ordinal) || host == "*" ? host : $"{host}.{space}{ClusterSuffix}";

    public bool Knows(string host) =>
        ports.ContainsKey(host) || ports.ContainsKey(host + ClusterSuffix) || ports.ContainsKey(host + ".cluster.local")
        || wildcards.Any(w => Validation.HostPatterns.Covers(w, host)) || System.Net.IPAddress.TryParse(host, out _);

    /// <summary>True when some known host lies under a wildcard.</summary>
    public bool KnowsUnder(string wildcard) =>
        ports.Keys.Any(host => Validation.HostPatterns.Covers(wildcard, host)) || wildcards.Any(w => Validation.HostPatterns.Covers(wildcard, w) || Validation.HostPatterns.Covers(w, wildcard));

    /// <summary>The ports of a known host; empty when it is not known.</summary>
    public IReadOnlyCollection<uint> PortsOf(string host) => ports.TryGetValue(host, out HashSet<uint>? known) ? known : [];

    private static string ServiceOf(ResourceObject resource, Workload workload) =>
        workload.Service.Length > 0 ? workload.Service : resource.Labels.TryGetValue("app", out string? app) && app.Length > 0 ? app : resource.Name;

    private void AddHost(string host, IEnumerable<uint> numbers)
    {
        if (host.StartsWith('*'))
        {
            wildcards.Add(host);
            return;
        }
        if (!ports.TryGetValue(host, out HashSet<uint>? known))
            ports[host] = known = [];
        known.UnionWith(numbers);
    }
}
