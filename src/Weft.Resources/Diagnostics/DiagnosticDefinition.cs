namespace Weft.Resources.Diagnostics;

/// <summary>One code of the catalogue: what it means, with an example that raises it and one that does not.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Title">A few words; the heading of its page.</param>
/// <param name="Level">The level it is reported at.</param>
/// <param name="Explanation">Why it is reported and what follows from it.</param>
public sealed record DiagnosticDefinition(string Code, string Title, DiagnosticLevel Level, string Explanation)
{
    /// <summary>A document that raises the code; null when only the file's surroundings can (an unreadable file).</summary>
    public string? Bad { get; init; }

    /// <summary>The same document put right.</summary>
    public string? Good { get; init; }
}
