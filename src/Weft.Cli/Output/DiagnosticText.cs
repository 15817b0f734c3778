using System.Globalization;
using Weft.Resources;

namespace Weft.Cli.Output;

/// <summary>A finding about configuration for people: place, code, sentence, and what to write instead on a line of its own.</summary>
public static class DiagnosticText
{
    /// <summary>One or two lines; <paramref name="paint"/> is <see cref="Terminal.ForOut"/> or <see cref="Terminal.ForError"/>.</summary>
    public static string Of(Diagnostic finding, Func<Tone, string, string> paint)
    {
        (string mark, Tone tone) = finding.Level switch
        {
            DiagnosticLevel.Error => ("✗", Tone.Bad),
            DiagnosticLevel.Warning => ("!", Tone.Warning),
            _ => ("·", Tone.Faint),
        };
        string subject = finding.Kind is null ? "" : $"{finding.Kind} {(finding.Namespace is { Length: > 0 } ns ? ns + "/" : "")}{finding.Name}: ";
        string text = $"{paint(tone, mark)} {Place(finding)}{paint(tone, finding.Code)} {subject}{finding.Message}";
        return finding.Hint is null ? text : $"{text}\n    {paint(Tone.Faint, finding.Hint)}";
    }

    private static string Place(Diagnostic finding)
    {
        if (finding.File is null)
            return "";
        string line = finding.Line is { } number ? $":{number.ToString(CultureInfo.InvariantCulture)}:{(finding.Column ?? 1).ToString(CultureInfo.InvariantCulture)}" : "";
        return $"{finding.File}{line} ";
    }
}
