namespace Weft.Resources.Tests.Validation;

/// <summary>
/// A document of one kind made from its body, in which the sign » stands just before the place where a finding is expected.
/// The sign « before a body expects the finding at <c>spec</c>: a missing field is placed where it should have been.
/// </summary>
internal sealed class MarkedDocument
{
    private const char Mark = '»', SpecMark = '«';

    private MarkedDocument(string text, SourcePosition? expected)
    {
        Text = text;
        Expected = expected;
    }

    /// <summary>Sees every finding of the documents that are read on this thread.</summary>
    public static AsyncLocal<Action<Diagnostic>?> Observer { get; } = new();

    public string Text { get; }

    public SourcePosition? Expected { get; }

    public static MarkedDocument OfBody(string kind, string body)
    {
        KindDefinition definition = KindCatalog.All.Single(k => k.Name == kind);
        if (definition.Group == KindCatalog.Mesh)
            return Parse(body);
        string head = $"apiVersion: {definition.ApiVersion}\nkind: {kind}\nmetadata: {{name: test}}\n";
        if (body.StartsWith(SpecMark))
            return Parse(head + "»spec:\n" + string.Join('\n', body[1..].Split('\n').Select(line => "  " + line)));
        string indented = definition.HasSpec ? "spec:\n" + string.Join('\n', body.TrimEnd().Split('\n').Select(line => "  " + line)) : body;
        return Parse(head + indented);
    }

    public static MarkedDocument Parse(string marked)
    {
        int at = marked.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0)
            return new MarkedDocument(marked, null);
        string before = marked[..at];
        int line = before.Count(c => c == '\n') + 1;
        int column = at - (before.LastIndexOf('\n') + 1) + 1;
        return new MarkedDocument(marked.Remove(at, 1), new SourcePosition(line, column));
    }

    /// <summary>Reads the document and asserts that it has exactly this one finding, at the marked place, and with a sentence.</summary>
    public static void AssertFinding(string kind, string code, string body)
    {
        MarkedDocument document = OfBody(kind, body);
        ReadResult result = Observe(ResourceReader.Read(document.Text, "test.yaml"));
        Diagnostic[] findings = [.. result.Diagnostics.Where(d => d.Code != "WFT0014")];
        string all = string.Join('\n', findings.Select(f => f.ToString()));
        Assert.True(findings.Length == 1, $"One finding was expected in\n{document.Text}\nbut there are {findings.Length}:\n{all}");
        Assert.True(findings[0].Code == code, $"{code} was expected in\n{document.Text}\nbut got {all}");
        Assert.NotNull(document.Expected);
        Assert.True(
            findings[0].Line == document.Expected.Value.Line && findings[0].Column == document.Expected.Value.Column,
            $"{document.Expected} was expected in\n{document.Text}\nbut got {all}");
        Assert.EndsWith(".", findings[0].Message, StringComparison.Ordinal);
        Assert.Equal(findings[0].Level != DiagnosticLevel.Error, result.Objects[^1].IsValid);
    }

    /// <summary>Shows the findings to the <see cref="Observer"/>, if there is one.</summary>
    public static ReadResult Observe(ReadResult result)
    {
        foreach (Diagnostic finding in result.Diagnostics)
            Observer.Value?.Invoke(finding);
        return result;
    }

    public static void AssertClean(string kind, string body)
    {
        MarkedDocument document = OfBody(kind, body);
        ReadResult result = ResourceReader.Read(document.Text, "test.yaml");
        string all = string.Join('\n', result.Diagnostics.Where(d => d.Code != "WFT0014").Select(f => f.ToString()));
        Assert.True(all.Length == 0, $"{document.Text}\n{all}");
        Assert.True(Assert.Single(result.Objects).IsValid);
    }
}
