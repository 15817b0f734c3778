using System.Reflection;

namespace Weft.Resources.Diagnostics;

/// <summary>Every code that can be reported about configuration, for documentation and for explaining one on the command line.</summary>
public static class DiagnosticCatalog
{
    /// <summary>The groups in the order of their pages: a heading and its codes.</summary>
    public static IReadOnlyList<(string Heading, IReadOnlyList<DiagnosticDefinition> Codes)> Groups { get; } =
    [
        ("Reading files", Of(typeof(ReadingDiagnostics))),
        ("Fields and their types", Of(typeof(FieldDiagnostics))),
        ("Metadata", Of(typeof(MetadataDiagnostics))),
        ("Values", Of(typeof(ValueDiagnostics))),
        ("VirtualService", Of(typeof(RoutingDiagnostics))),
        ("DestinationRule, Gateway, ServiceEntry, Sidecar, workloads, mesh", Of(typeof(TrafficDiagnostics))),
        ("Security and telemetry", Of(typeof(SecurityDiagnostics))),
        ("Several objects together", Of(typeof(AnalysisDiagnostics))),
    ];

    public static IEnumerable<DiagnosticDefinition> All => Groups.SelectMany(g => g.Codes);

    /// <summary>The definition of a code, or null.</summary>
    public static DiagnosticDefinition? Find(string code) => All.FirstOrDefault(d => d.Code.Equals(code, StringComparison.OrdinalIgnoreCase));

    private static DiagnosticDefinition[] Of([System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicFields)] Type group) =>
        [.. group.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)).OfType<DiagnosticDefinition>().OrderBy(d => d.Code, StringComparer.Ordinal)];
}
