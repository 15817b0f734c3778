namespace Weft.Resources;

/// <summary>What one file holds: its objects, also those with errors (<see cref="ResourceObject.IsValid"/> is false), and all findings.</summary>
public sealed record ReadResult(IReadOnlyList<ResourceObject> Objects, IReadOnlyList<Diagnostic> Diagnostics)
{
    public bool HasErrors => Diagnostics.Any(d => d.Level == DiagnosticLevel.Error);
}
