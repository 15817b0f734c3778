using System.Text;
using Weft.Resources.Analysis;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Tests.Diagnostics;

/// <summary>
/// Every code has an example that raises it, one that does not, and a page in docs/diagnostics. The pages are made from the
/// catalogue: WEFT_UPDATE_GOLDEN=1 writes them.
/// </summary>
public sealed class DiagnosticCatalogTests
{
    /// <summary>Codes whose example cannot be shown as a short document: a large file, bytes, a million values, an unreadable file, a thousand findings.</summary>
    private static readonly string[] WithoutExample = ["WFT0002", "WFT0003", "WFT0006", "WFT0015", "WFT0016"];

    private static string PageDirectory => Path.Combine(RepositoryRoot(), "docs", "diagnostics");

    public static TheoryData<string> CodesWithExamples() => [.. DiagnosticCatalog.All.Select(d => d.Code).Except(WithoutExample)];

    [Fact]
    public void Codes_AreUniqueAndExplained()
    {
        Assert.Equal(DiagnosticCatalog.All.Count(), DiagnosticCatalog.All.Select(d => d.Code).Distinct().Count());
        Assert.All(DiagnosticCatalog.All, d =>
        {
            Assert.Matches("^(WFT|IST)[0-9]{4}$", d.Code);
            Assert.True(d.Explanation.Length > 20 && d.Explanation.EndsWith('.'), d.Code);
        });
        Assert.All(WithoutExample, code => Assert.Null(DiagnosticCatalog.Find(code)!.Bad));
    }

    [Theory]
    [MemberData(nameof(CodesWithExamples))]
    public void BadExample_RaisesTheCodeAndGoodExampleDoesNot(string code)
    {
        DiagnosticDefinition definition = DiagnosticCatalog.Find(code)!;
        Assert.Contains(Findings(definition, definition.Bad!), d => d.Code == code && d.Level == definition.Level);
        Diagnostic[] ofGood = [.. Findings(definition, definition.Good!).Where(d => d.Level == DiagnosticLevel.Error || d.Code == code)];
        Assert.True(ofGood.Length == 0 || IsPassedOver(definition), string.Join('\n', ofGood.AsEnumerable()));
    }

    [Fact]
    public void Pages_AreCurrent()
    {
        Dictionary<string, string> pages = DiagnosticCatalog.All.ToDictionary(d => $"{d.Code}.md", Page);
        pages["README.md"] = Index();
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE_GOLDEN") == "1")
            Write(pages);
        Assert.All(pages, page => Assert.Equal(page.Value, File.ReadAllText(Path.Combine(PageDirectory, page.Key))));
        Assert.Equal(pages.Keys.Order(StringComparer.Ordinal), Directory.GetFiles(PageDirectory).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    /// <summary>Examples about YAML itself are no objects; what else is wrong with them is beside the point.</summary>
    private static bool IsPassedOver(DiagnosticDefinition definition) => definition.Code is "WFT0005" or "WFT0007";

    private static IEnumerable<Diagnostic> Findings(DiagnosticDefinition definition, string text)
    {
        ReadResult result = ResourceReader.Read(text, "example.yaml");
        bool needsAnalysis = DiagnosticCatalog.Groups[^1].Codes.Contains(definition) || definition.Code == "WFT0205";
        return needsAnalysis ? result.Diagnostics.Concat(Analyzer.Analyze(result.Objects)) : result.Diagnostics;
    }

    private static string Page(DiagnosticDefinition definition)
    {
        StringBuilder text = new();
        text.Append($"# {definition.Code}: {definition.Title}\n\nLevel: {definition.Level.ToString().ToLowerInvariant()}. {Consequence(definition)}\n\n{definition.Explanation}\n");
        if (definition.Bad is null)
            return text.ToString();
        // The place that a finding names is the place in the example as it stands here.
        Diagnostic finding = Findings(definition, definition.Bad).First(d => d.Code == definition.Code);
        text.Append($"\n## Raises it\n\n```yaml\n{Shorten(definition.Bad)}```\n\n```\n{finding}\n```\n");
        text.Append($"\n## Does not\n\n```yaml\n{definition.Good}```\n");
        return text.ToString();
    }

    private static string Index()
    {
        StringBuilder text = new("# Diagnostics\n\nWhat `weft validate` and the running mesh say about configuration. `WFT` codes are Weft's own; `IST` codes mean what\nthey mean in Istio. Made from the catalogue in `src/Weft.Resources/Diagnostics`.\n");
        foreach ((string heading, IReadOnlyList<DiagnosticDefinition> codes) in DiagnosticCatalog.Groups)
        {
            text.Append($"\n## {heading}\n\n| code | level | meaning |\n|---|---|---|\n");
            foreach (DiagnosticDefinition definition in codes)
                text.Append($"| [{definition.Code}]({definition.Code}.md) | {definition.Level.ToString().ToLowerInvariant()} | {definition.Title} |\n");
        }
        return text.ToString();
    }

    private static string Consequence(DiagnosticDefinition definition) => definition.Level switch
    {
        DiagnosticLevel.Error when DiagnosticCatalog.Groups[^1].Codes.Contains(definition) => "The object is in force, but what the finding names does not work.",
        DiagnosticLevel.Error => "The object is not taken into force; its last good version stays.",
        DiagnosticLevel.Warning => "The object is in force.",
        _ => "For information; the object is in force as far as this release goes.",
    };

    private static string Shorten(string example) => example.Replace(new string('x', 120_000), "xxxxxxxx… (120,000 characters)", StringComparison.Ordinal);

    private static void Write(Dictionary<string, string> pages)
    {
        Directory.CreateDirectory(PageDirectory);
        foreach (string file in Directory.GetFiles(PageDirectory))
            File.Delete(file);
        foreach ((string name, string text) in pages)
            File.WriteAllText(Path.Combine(PageDirectory, name), text);
    }

    private static string RepositoryRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Weft.slnx")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("The tests run inside the repository.");
    }
}
