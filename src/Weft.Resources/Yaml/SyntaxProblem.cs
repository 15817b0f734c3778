using Weft.Resources.Diagnostics;
using YamlDotNet.Core;

namespace Weft.Resources.Yaml;

/// <summary>Turns a parser's complaint into what the writer most likely did.</summary>
internal static class SyntaxProblem
{
    public static void Report(string piece, NodeComposer composer, YamlException problem, DiagnosticSink sink)
    {
        SourcePosition at = composer.PositionOf(problem.Start);
        string[] lines = piece.Split('\n');
        int failing = Math.Clamp((int)problem.Start.Line - 1, 0, lines.Length - 1);
        bool saysTab = problem.Message.Contains(" tab ", StringComparison.Ordinal);
        if (FindTab(lines, saysTab ? 0 : failing - 2, saysTab ? lines.Length : failing + 2) is { } tab)
        {
            sink.Report(
                ReadingDiagnostics.TabIndentation, composer.PositionOf(tab.Line + 1, tab.Column + 1),
                "The line is indented with a tab, which YAML does not allow.", "Indent with spaces.");
            return;
        }
        if (failing >= lines.Length - 1 || lines[failing].AsSpan().Trim().IsEmpty)
        {
            // The parser missed something until the end: the last line that says anything is where to look.
            while (failing > 0 && lines[failing].AsSpan().Trim().IsEmpty)
                failing--;
            at = composer.PositionOf(failing + 1, lines[failing].TrimEnd().Length + 1);
        }
        string reason = problem.Message.TrimEnd('.');
        int prefix = reason.LastIndexOf("): ", StringComparison.Ordinal);
        sink.Report(
            ReadingDiagnostics.Malformed, at, $"The document is not well-formed YAML: {Lower(prefix < 0 ? reason : reason[(prefix + 3)..])}.", Advice(lines[failing]));
    }

    /// <summary>A tab in the indentation of the failing line or of a neighbour; the parser often notices one line late.</summary>
    private static (int Line, int Column)? FindTab(string[] lines, int from, int to)
    {
        for (int line = Math.Max(0, from); line < Math.Min(lines.Length, to); line++)
        {
            int tab = lines[line].IndexOf('\t', StringComparison.Ordinal);
            if (tab >= 0 && lines[line].AsSpan(0, tab).Trim(" -").IsEmpty && lines[line].Trim().Length > 0)
                return (line, tab);
        }
        return null;
    }

    private static string Advice(string line)
    {
        string text = line.Trim();
        if (text.Contains("{{", StringComparison.Ordinal))
            return "This looks like a template. Render it first (helm template, kustomize build), then read the result.";
        if (text.Contains(": *", StringComparison.Ordinal) || text.StartsWith("- *", StringComparison.Ordinal) || text.StartsWith('*'))
            return "A value that begins with * must be quoted: \"*\".";
        if (text.Count(c => c == '"') % 2 == 1 || text.Count(c => c == '\'') % 2 == 1)
            return "A quote is opened and not closed, or the other way round.";
        if (text.IndexOf(": ", StringComparison.Ordinal) is int colon and >= 0 && text.IndexOf(": ", colon + 2, StringComparison.Ordinal) > 0)
            return "A value that holds \": \" must be quoted.";
        if (!text.Contains(':', StringComparison.Ordinal) && !text.StartsWith('-') && text.Length > 0)
            return "A line holds \"key: value\", or \"- item\" in a list. Is a colon missing?";
        return "Check the indentation of this line and the one above: fields of one object begin in the same column.";
    }

    private static string Lower(string text) => text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
}
