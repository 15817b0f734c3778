using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Analysis;

/// <summary>Kinds of which one object applies to a workload: no two for the same workloads, and one default in a namespace.</summary>
internal static class SelectorAnalysis
{
    public static void Run(MeshIndex mesh, AnalysisReport report)
    {
        Find(report, [.. mesh.Of<Sidecar>().Select(s => (s.Resource, Labels(s.Spec.WorkloadSelector?.Labels)))], AnalysisDiagnostics.SidecarOverlap, AnalysisDiagnostics.SidecarDefaults, "spec.workloadSelector");
        Find(
            report,
            [.. mesh.Of<Istio.Telemetry.V1Alpha1.Telemetry>().Where(t => t.Spec.TargetRef is null && t.Spec.TargetRefs.Count == 0).Select(t => (t.Resource, Labels(t.Spec.Selector?.MatchLabels)))],
            AnalysisDiagnostics.TelemetryOverlap, AnalysisDiagnostics.TelemetryDefaults, "spec.selector");
    }

    private static string Labels(IEnumerable<KeyValuePair<string, string>>? labels) =>
        string.Join(", ", (labels ?? []).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    private static void Find(
        AnalysisReport report, IReadOnlyList<(ResourceObject Resource, string Labels)> items, DiagnosticDefinition overlap, DiagnosticDefinition defaults, string path)
    {
        Dictionary<(string Namespace, string Labels), ResourceObject> owners = [];
        foreach ((ResourceObject resource, string labels) in items)
        {
            if (owners.TryAdd((resource.Namespace, labels), resource))
                continue;
            ResourceObject earlier = owners[(resource.Namespace, labels)];
            if (labels.Length == 0)
                report.Add(defaults, resource, path, $"selects nothing, as that of {earlier.Key} does; which one applies to the namespace is open.", "Keep one, or give one of them a selector.");
            else
                report.Add(overlap, resource, path, $"selects {labels}, as that of {earlier.Key} does; which one applies is open.", "Join them, or select different workloads.");
        }
    }
}
