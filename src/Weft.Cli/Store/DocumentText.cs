namespace Weft.Cli.Store;

/// <summary>
/// A file's text cut into its YAML documents at the lines that begin with <c>---</c>, so that one can be replaced or removed
/// while every byte of the others stays, comments included.
/// </summary>
internal sealed class DocumentText
{
    private readonly List<Part> _parts = [];

    public DocumentText(string text)
    {
        List<string> lines = [];
        int first = 1, number = 1;
        foreach (string line in Lines(text))
        {
            if (line.StartsWith("---", StringComparison.Ordinal) && (line.Length == 3 || char.IsWhiteSpace(line[3])))
            {
                _parts.Add(new Part(first, lines));
                lines = [];
                first = number;
            }

            lines.Add(line);
            number++;
        }

        _parts.Add(new Part(first, lines));
    }

    /// <summary>The document that holds a line (from 1), without its <c>---</c>.</summary>
    public string At(int line)
    {
        List<string> lines = _parts[Find(line)].Lines;
        return string.Concat(lines.Skip(IsMarker(lines) ? 1 : 0)).Trim('\n', '\r') + "\n";
    }

    /// <summary>Puts another text in the place of the document that holds a line; null removes it.</summary>
    public void Replace(int line, string? text)
    {
        int index = Find(line);
        List<string> lines = _parts[index].Lines;
        bool marked = IsMarker(lines);
        if (text is null)
            _parts[index] = new Part(_parts[index].First, []);
        else
            _parts[index] = new Part(_parts[index].First, [marked ? "---\n" : "", text.TrimEnd() + "\n"]);
    }

    /// <summary>True when nothing but blank lines, comments and markers is left.</summary>
    public bool IsEmpty => _parts.SelectMany(part => part.Lines).All(line => line.Trim() is "" or "---" || line.TrimStart().StartsWith('#'));

    /// <summary>The whole text.</summary>
    public override string ToString()
    {
        string text = string.Concat(_parts.SelectMany(part => part.Lines));
        return text.StartsWith("---\n", StringComparison.Ordinal) ? text[4..] : text;
    }

    private int Find(int line) => _parts.FindLastIndex(part => part.First <= line);

    private static bool IsMarker(List<string> lines) => lines.Count > 0 && lines[0].StartsWith("---", StringComparison.Ordinal);

    private static IEnumerable<string> Lines(string text)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            yield return text[start..end];
            start = end;
        }
    }

    private sealed record Part(int First, List<string> Lines);
}
