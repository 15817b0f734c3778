using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Cli.Output;

/// <summary>Findings for programs: the array that <c>weft validate -o json</c> promises; what is unknown is null.</summary>
public static class DiagnosticJson
{
    /// <summary>One entry for each finding, in the order given.</summary>
    public static JsonArray Of(IEnumerable<Diagnostic> findings) => [.. findings.Select(Entry)];

    private static JsonNode Entry(Diagnostic finding) => new JsonObject
    {
        ["code"] = finding.Code,
        ["level"] = finding.Level switch { DiagnosticLevel.Error => "error", DiagnosticLevel.Warning => "warning", _ => "info" },
        ["kind"] = finding.Kind,
        ["namespace"] = finding.Namespace,
        ["name"] = finding.Name,
        ["file"] = finding.File,
        ["line"] = finding.Line,
        ["column"] = finding.Column,
        ["message"] = finding.Message,
        ["hint"] = finding.Hint,
    };
}
