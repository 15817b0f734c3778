using Istio.Networking.V1Alpha3;
using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Analysis;

/// <summary>Delegates: that they exist, that they are delegates, and that following them ends.</summary>
internal static class DelegateAnalysis
{
    public static void Run(MeshIndex mesh, AnalysisReport report)
    {
        // A delegate that delegates is refused by itself; it still belongs into the search for cycles.
        Dictionary<(string Namespace, string Name), VirtualService> services = [];
        foreach ((ResourceObject resource, VirtualService service) in mesh.Of<VirtualService>())
            services.TryAdd((resource.Namespace, resource.Name), service);
        foreach ((ResourceObject resource, VirtualService service) in mesh.Of<VirtualService>())
        {
            for (int i = 0; i < service.Http.Count; i++)
            {
                if (service.Http[i].Delegate is { } target)
                    Check(report, resource, $"spec.http[{i}].delegate", target, services);
            }
        }
    }

    private static void Check(
        AnalysisReport report, ResourceObject resource, string path, Istio.Networking.V1Alpha3.Delegate target, Dictionary<(string Namespace, string Name), VirtualService> services)
    {
        (string Namespace, string Name) key = (target.Namespace.Length > 0 ? target.Namespace : resource.Namespace, target.Name);
        if (FindCycle((resource.Namespace, resource.Name), key, services) is { } cycle)
        {
            report.Add(AnalysisDiagnostics.DelegateCycle, resource, path, $"leads back to where it begins: {cycle}.", "Break the cycle: a delegate holds rules, not another delegate.");
        }
        else if (!services.TryGetValue(key, out VirtualService? service))
        {
            string hint = EditDistance.Nearest(key.Name, services.Keys.Where(k => k.Namespace == key.Namespace).Select(k => k.Name)) is { } near
                ? $"Did you mean {near}?" : "Add the VirtualService, or correct the name.";
            report.Add(AnalysisDiagnostics.NotFound, resource, path, $"is {key.Namespace}/{key.Name}, which does not exist.", hint);
        }
        else if (service.Hosts.Count > 0)
        {
            report.Add(AnalysisDiagnostics.DelegateHasHosts, resource, path, $"is {key.Namespace}/{key.Name}, which has hosts of its own and is no delegate.", "Remove hosts from the delegate.");
        }
    }

    private static string? FindCycle((string Namespace, string Name) start, (string Namespace, string Name) next, Dictionary<(string Namespace, string Name), VirtualService> services)
    {
        Stack<((string Namespace, string Name) Key, string Way)> open = [];
        HashSet<(string, string)> seen = [];
        open.Push((next, $"{start.Namespace}/{start.Name}"));
        while (open.TryPop(out ((string Namespace, string Name) Key, string Way) step))
        {
            string way = $"{step.Way} → {step.Key.Namespace}/{step.Key.Name}";
            if (step.Key == start)
                return way;
            if (!seen.Add(step.Key) || !services.TryGetValue(step.Key, out VirtualService? service))
                continue;
            foreach (HTTPRoute route in service.Http)
            {
                if (route.Delegate is { } target)
                    open.Push(((target.Namespace.Length > 0 ? target.Namespace : step.Key.Namespace, target.Name), way));
            }
        }
        return null;
    }
}
