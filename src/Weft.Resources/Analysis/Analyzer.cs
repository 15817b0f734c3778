namespace Weft.Resources.Analysis;

/// <summary>
/// Looks at all objects together: references that lead nowhere, hosts and selectors that collide. Pure. An object with errors
/// of its own still counts as existing, but what follows from its errors is not reported on top of them.
/// </summary>
public static class Analyzer
{
    public static IReadOnlyList<Diagnostic> Analyze(IReadOnlyList<ResourceObject> resources)
    {
        AnalysisReport report = new();
        DuplicateObjects.Find(resources, report);
        MeshIndex mesh = new(resources);
        RouteAnalysis.Run(mesh, report);
        DelegateAnalysis.Run(mesh, report);
        GatewayAnalysis.Run(mesh, report);
        SelectorAnalysis.Run(mesh, report);
        return report.All;
    }

    /// <summary>Only the question whether two documents have one name; the answer is placed at the later one.</summary>
    public static IReadOnlyList<Diagnostic> FindDuplicates(IReadOnlyList<ResourceObject> resources)
    {
        AnalysisReport report = new();
        DuplicateObjects.Find(resources, report);
        return report.All;
    }
}
