using Istio.Networking.V1Alpha3;
using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;
using Weft.Resources.Validation;

namespace Weft.Resources.Analysis;

/// <summary>Gateways: that those named exist and serve the hosts, and that two of them do not claim the same.</summary>
internal static class GatewayAnalysis
{
    private const string Mesh = "mesh";

    public static void Run(MeshIndex mesh, AnalysisReport report)
    {
        Dictionary<(string Namespace, string Name), Gateway> gateways = [];
        foreach ((ResourceObject resource, Gateway gateway) in mesh.Of<Gateway>())
            gateways.TryAdd((resource.Namespace, resource.Name), gateway);
        foreach ((ResourceObject resource, VirtualService service) in mesh.Of<VirtualService>())
        {
            for (int i = 0; i < service.Gateways.Count; i++)
            {
                if (service.Gateways[i] != Mesh)
                    CheckReference(report, resource, service, i, gateways);
            }
        }
        FindConflicts(mesh, report);
    }

    private static void CheckReference(
        AnalysisReport report, ResourceObject resource, VirtualService service, int index, Dictionary<(string Namespace, string Name), Gateway> gateways)
    {
        string name = service.Gateways[index];
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        (string Namespace, string Name) key = slash < 0 ? (resource.Namespace, name) : (name[..slash], name[(slash + 1)..]);
        if (!gateways.TryGetValue(key, out Gateway? gateway))
        {
            string? elsewhere = gateways.Keys.Where(k => k.Name == key.Name).Select(k => $"{k.Namespace}/{k.Name}").FirstOrDefault();
            string hint = elsewhere is not null ? $"Did you mean {elsewhere}?"
                : EditDistance.Nearest(key.Name, gateways.Keys.Select(k => k.Name)) is { } near ? $"Did you mean {near}?" : "Add the Gateway, or correct the name.";
            report.Add(AnalysisDiagnostics.NotFound, resource, $"spec.gateways[{index}]", $"is \"{name}\", which does not exist.", hint);
            return;
        }
        for (int i = 0; i < service.Hosts.Count; i++)
        {
            string host = service.Hosts[i];
            bool isServed = gateway.Servers.SelectMany(s => s.Hosts).Any(h => Serves(h, host, resource.Namespace, key.Namespace));
            if (!isServed && !service.Gateways.Contains(Mesh))
            {
                report.Add(
                    AnalysisDiagnostics.HostNotInGateway, resource, $"spec.hosts[{i}]", $"is \"{host}\", which no server of the gateway {name} serves.",
                    "Add the host to the gateway's servers, or correct it.");
            }
        }
    }

    /// <summary>A server's host may name the namespaces whose VirtualServices may use it.</summary>
    private static bool Serves(string serverHost, string host, string space, string gatewaySpace)
    {
        int slash = serverHost.IndexOf('/', StringComparison.Ordinal);
        string allowed = slash < 0 ? "*" : serverHost[..slash], pattern = serverHost[(slash + 1)..];
        bool mayUse = allowed == "*" || allowed == space || (allowed == "." && space == gatewaySpace);
        return mayUse && (HostPatterns.Covers(pattern, host) || HostPatterns.Covers(host, pattern));
    }

    private static void FindConflicts(MeshIndex mesh, AnalysisReport report)
    {
        Dictionary<(string Selector, string Bind, uint Port, string Host), ResourceObject> owners = [];
        foreach ((ResourceObject resource, Gateway gateway) in mesh.Of<Gateway>().Where(g => g.Resource.IsValid))
        {
            string selector = string.Join(",", gateway.Selector.Order(Comparer<KeyValuePair<string, string>>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key))));
            for (int i = 0; i < gateway.Servers.Count; i++)
            {
                Server server = gateway.Servers[i];
                for (int j = 0; j < server.Hosts.Count; j++)
                {
                    (string, string, uint, string) claim = (selector, server.Bind, server.Port.Number, server.Hosts[j].ToLowerInvariant());
                    if (owners.TryAdd(claim, resource) || ReferenceEquals(owners[claim], resource))
                        continue;
                    report.Add(
                        AnalysisDiagnostics.GatewayConflict, resource, $"spec.servers[{i}].hosts[{j}]",
                        $"is \"{server.Hosts[j]}\" on port {server.Port.Number}, which {owners[claim].Key} serves already for the same workloads.", "Keep one of them, or narrow the hosts.");
                }
            }
        }
    }
}
