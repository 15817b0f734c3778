namespace Weft.Resources;

/// <summary>
/// One finding about configuration. What is unknown is null: a file that is no YAML has no kind, an object made by a
/// program has no file. Lines and columns count from 1; columns count characters.
/// </summary>
/// <param name="Code">Stable: <c>WFT####</c>, or Istio's <c>IST####</c> where Istio reports the same. Explained in docs/diagnostics.</param>
/// <param name="Level">Error, warning or info.</param>
/// <param name="Kind">Kind of the object concerned.</param>
/// <param name="Namespace">Namespace of the object concerned.</param>
/// <param name="Name">Name of the object concerned.</param>
/// <param name="File">The file as the caller named it.</param>
/// <param name="Line">Line in the file, from 1.</param>
/// <param name="Column">Column in the line, from 1.</param>
/// <param name="Message">A sentence that names the field and what is wrong with it.</param>
/// <param name="Hint">What to write instead, when that is known.</param>
public sealed record Diagnostic(
    string Code,
    DiagnosticLevel Level,
    string? Kind,
    string? Namespace,
    string? Name,
    string? File,
    int? Line,
    int? Column,
    string Message,
    string? Hint)
{
    /// <summary>The source lines of the rules that raised it, such as <c>GatewayValidator.cs:32</c>; empty when it was no rule. For tests that each has an example.</summary>
    internal string Rule { get; init; } = "";

    /// <summary>One line in the form that editors and terminals understand: <c>file:line:column: error WFT0101: …</c>.</summary>
    public override string ToString()
    {
        string place = File is null ? "" : Line is null ? $"{File}: " : $"{File}:{Line}:{Column}: ";
        string hint = Hint is null ? "" : $" {Hint}";
        return $"{place}{Level.ToString().ToLowerInvariant()} {Code}: {Message}{hint}";
    }
}
