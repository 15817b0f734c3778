using Weft.Resources.Decoding;
using Weft.Resources.Yaml;

namespace Weft.Resources.Diagnostics;

/// <summary>Collects what is found in one file, and knows which object the reader is at.</summary>
internal sealed class DiagnosticSink(string? file)
{
    private const int MaxBrokenFields = 256;
    private readonly List<Diagnostic> all = [];
    private readonly List<string> brokenFields = [];
    private (string? Kind, string? Namespace, string? Name) subject;

    public string? File { get; } = file;

    public IReadOnlyList<Diagnostic> All => all;

    public int Errors { get; private set; }

    /// <summary>True when <see cref="ReadLimits.Findings"/> is reached: errors still count, but nothing more is written down.</summary>
    public bool IsFull => all.Count >= ReadLimits.Findings;

    /// <summary>The object that findings belong to from here on; nulls when between objects.</summary>
    public (string? Kind, string? Namespace, string? Name) Subject
    {
        get => subject;
        set
        {
            subject = value;
            if (value == default)
                brokenFields.Clear();
        }
    }

    public void Report(DiagnosticDefinition definition, SourcePosition? at, string message, string? hint = null, FieldPath? broken = null, string rule = "")
    {
        if (definition.Level == DiagnosticLevel.Error)
            Errors++;
        if (IsFull)
        {
            if (all.Count == ReadLimits.Findings)
                all.Add(new Diagnostic(ReadingDiagnostics.TooManyFindings.Code, DiagnosticLevel.Error, null, null, null, File, at?.Line, at?.Column, $"The file has more than {ReadLimits.Findings} findings; those from here on are left out.", "Put the first ones right, and look again."));
            return;
        }
        if (broken is not null && brokenFields.Count <= MaxBrokenFields)
            brokenFields.Add(broken.ToString());
        all.Add(new Diagnostic(
            definition.Code, definition.Level, Subject.Kind, Subject.Namespace, Subject.Name, File, at?.Line, at?.Column, message, hint)
        { Rule = rule });
    }

    /// <summary>
    /// True when a field at, above or below this path could not be decoded: what a rule would say about it then follows
    /// from the first mistake and would only hide it.
    /// </summary>
    public bool TouchesBrokenField(string path)
    {
        // So many mistakes are one mistake: rules would only add to it, and comparing paths is not free.
        if (brokenFields.Count > MaxBrokenFields)
            return true;
        foreach (string broken in brokenFields)
        {
            if (broken.StartsWith(path, StringComparison.Ordinal) || path.StartsWith(broken, StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
