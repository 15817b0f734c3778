using Istio.Networking.V1Alpha3;
using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Analysis;

/// <summary>Where VirtualServices send requests: hosts that are known, subsets that a DestinationRule defines, ports that say which one is meant.</summary>
internal static class RouteAnalysis
{
    public static void Run(MeshIndex mesh, AnalysisReport report)
    {
        ILookup<string, Subset> subsets = mesh.Of<DestinationRule>()
            .SelectMany(r => r.Spec.Subsets.Select(subset => (Host: MeshIndex.Qualify(r.Spec.Host, r.Resource.Namespace), Subset: subset)))
            .ToLookup(item => item.Host, item => item.Subset, StringComparer.OrdinalIgnoreCase);
        foreach ((ResourceObject resource, VirtualService service) in mesh.Of<VirtualService>())
        {
            foreach ((string path, Destination destination) in resource.IsValid ? Destinations(service) : [])
                Check(mesh, report, resource, path, destination, subsets);
        }
        foreach ((ResourceObject resource, DestinationRule rule) in mesh.Of<DestinationRule>())
            CheckRuleHost(mesh, report, resource, rule);
        FindHostConflicts(mesh, report);
    }

    private static IEnumerable<(string Path, Destination Destination)> Destinations(VirtualService service)
    {
        for (int i = 0; i < service.Http.Count; i++)
        {
            HTTPRoute rule = service.Http[i];
            for (int j = 0; j < rule.Route.Count; j++)
                yield return ($"spec.http[{i}].route[{j}].destination", rule.Route[j].Destination);
            for (int j = 0; j < rule.Mirrors.Count; j++)
                yield return ($"spec.http[{i}].mirrors[{j}].destination", rule.Mirrors[j].Destination);
            if (rule.Mirror is not null)
                yield return ($"spec.http[{i}].mirror", rule.Mirror);
        }
        for (int i = 0; i < service.Tls.Count; i++)
        {
            for (int j = 0; j < service.Tls[i].Route.Count; j++)
                yield return ($"spec.tls[{i}].route[{j}].destination", service.Tls[i].Route[j].Destination);
        }
        for (int i = 0; i < service.Tcp.Count; i++)
        {
            for (int j = 0; j < service.Tcp[i].Route.Count; j++)
                yield return ($"spec.tcp[{i}].route[{j}].destination", service.Tcp[i].Route[j].Destination);
        }
    }

    private static void Check(MeshIndex mesh, AnalysisReport report, ResourceObject resource, string path, Destination destination, ILookup<string, Subset> subsets)
    {
        string host = MeshIndex.Qualify(destination.Host, resource.Namespace);
        if (!mesh.Knows(host))
        {
            report.Add(
                AnalysisDiagnostics.HostUnknown, resource, $"{path}.host", $"is \"{destination.Host}\", which no Service, ServiceEntry or Workload makes known.",
                "Requests would be answered with 503. Check the name, or add the service.");
        }
        else if (destination.Port is null && mesh.PortsOf(host).Count > 1)
        {
            report.Add(
                AnalysisDiagnostics.PortNeeded, resource, path, $"names no port, but {destination.Host} has several: {string.Join(", ", mesh.PortsOf(host).Order())}.",
                "Write port: {number: …}.");
        }
        if (destination.Subset.Length == 0)
            return;
        string[] defined = [.. Candidates(host).SelectMany(name => subsets[name]).Select(s => s.Name).Distinct()];
        if (defined.Contains(destination.Subset))
            return;
        string hint = EditDistance.Nearest(destination.Subset, defined) is { } near ? $"Did you mean {near}?"
            : defined.Length > 0 ? $"Subsets are {string.Join(", ", defined)}." : "Write a DestinationRule with subsets for this host.";
        report.Add(AnalysisDiagnostics.NotFound, resource, $"{path}.subset", $"is \"{destination.Subset}\", which no DestinationRule defines for {destination.Host}.", hint);
    }

    /// <summary>A rule for a host may be written with the full name, the short name, or a wildcard above it.</summary>
    private static IEnumerable<string> Candidates(string host)
    {
        yield return host;
        yield return host + ".svc.cluster.local";
        for (int dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = host.IndexOf('.', dot + 1))
            yield return "*" + host[dot..];
        yield return "*";
    }

    private static void CheckRuleHost(MeshIndex mesh, AnalysisReport report, ResourceObject resource, DestinationRule rule)
    {
        string host = MeshIndex.Qualify(rule.Host, resource.Namespace);
        if (host.StartsWith('*') ? mesh.KnowsUnder(host) : mesh.Knows(host))
            return;
        report.Add(AnalysisDiagnostics.RuleHostUnknown, resource, "spec.host", $"is \"{rule.Host}\", which no Service, ServiceEntry or Workload makes known.", "Check the name; the rule has no effect.");
    }

    private static void FindHostConflicts(MeshIndex mesh, AnalysisReport report)
    {
        Dictionary<(string Host, string Scope), ResourceObject> owners = [];
        foreach ((ResourceObject resource, VirtualService service) in mesh.Of<VirtualService>())
        {
            if (service.Gateways.Count > 0 && !service.Gateways.Contains("mesh"))
                continue;
            bool isPrivate = service.ExportTo.Count > 0 && service.ExportTo.All(place => place == "." || place == resource.Namespace);
            for (int i = 0; i < service.Hosts.Count; i++)
            {
                string host = MeshIndex.Qualify(service.Hosts[i], resource.Namespace).ToLowerInvariant();
                string scope = isPrivate ? resource.Namespace : "*";
                if (owners.TryAdd((host, scope), resource) || ReferenceEquals(owners[(host, scope)], resource))
                    continue;
                report.Add(
                    AnalysisDiagnostics.HostConflict, resource, $"spec.hosts[{i}]", $"is \"{service.Hosts[i]}\", for which {owners[(host, scope)].Key} has rules already.",
                    "Inside the mesh only one of them is used, the oldest. Put the rules into one VirtualService.");
            }
        }
    }
}
