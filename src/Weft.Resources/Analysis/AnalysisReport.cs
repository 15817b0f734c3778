using Weft.Resources.Diagnostics;

namespace Weft.Resources.Analysis;

/// <summary>Collects findings about objects of any file.</summary>
internal sealed class AnalysisReport
{
    private static readonly DiagnosticDefinition[] ReportedAnyway = [MetadataDiagnostics.DuplicateObject, AnalysisDiagnostics.DelegateCycle];
    private readonly List<Diagnostic> all = [];

    public IReadOnlyList<Diagnostic> All => all;

    public void Add(DiagnosticDefinition definition, ResourceObject resource, string path, string message, string? hint = null)
    {
        if (!resource.IsValid && !ReportedAnyway.Contains(definition))
            return;
        SourcePosition at = resource.Positions.Find(path);
        all.Add(new Diagnostic(
            definition.Code, definition.Level, resource.Kind, resource.Definition.IsNamespaced ? resource.Namespace : null, resource.Name, resource.File,
            at.Line, at.Column, $"{path} {message}", hint));
    }
}
