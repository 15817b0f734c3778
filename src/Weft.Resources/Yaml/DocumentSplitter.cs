namespace Weft.Resources.Yaml;

/// <summary>
/// Cuts a file at its document markers, so that a malformed document ends at the next line that begins with <c>---</c>
/// and hides nothing behind it. YAML forbids that line inside any document, so the cut is never wrong.
/// </summary>
internal static class DocumentSplitter
{
    /// <summary>The pieces in order, each with the line (from 1) that it begins on. Pieces with nothing but comments are left out.</summary>
    public static IReadOnlyList<(string Text, int FirstLine)> Split(string text)
    {
        List<(string Text, int FirstLine)> pieces = [];
        int start = 0, startLine = 1, line = 1;
        bool content = false;
        int directives = -1, directivesLine = 0;
        for (int at = 0; at < text.Length; line++)
        {
            int end = text.IndexOf('\n', at);
            int next = end < 0 ? text.Length : end + 1;
            ReadOnlySpan<char> current = text.AsSpan(at, next - at).TrimEnd();
            if (IsMarker(current))
            {
                // Directives (%YAML, %TAG) belong to the document that follows them.
                int cut = directives >= 0 ? directives : at;
                if (content)
                    pieces.Add((text[start..cut], startLine));
                if (content || directives < 0)
                    (start, startLine) = (cut, directives >= 0 ? directivesLine : line);
                content = current.Length > 3 && current[3..].TrimStart() is not ([] or ['#', ..]);
                directives = -1;
            }
            else if (current.StartsWith("%", StringComparison.Ordinal))
            {
                if (directives < 0)
                    (directives, directivesLine) = (at, line);
            }
            else if (current.TrimStart() is not ([] or ['#', ..]) && current is not "...")
            {
                content = true;
                directives = -1;
            }
            at = next;
        }
        if (content)
            pieces.Add((text[start..], startLine));
        return pieces;
    }

    private static bool IsMarker(ReadOnlySpan<char> line) =>
        line.StartsWith("---", StringComparison.Ordinal) && (line.Length == 3 || line[3] is ' ' or '\t');
}
