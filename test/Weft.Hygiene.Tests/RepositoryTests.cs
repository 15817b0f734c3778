using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Weft.Hygiene.Tests;

/// <summary>What the repository promises about itself: sizes, documents, packages.</summary>
public sealed partial class RepositoryTests
{
    private const int FileLineLimit = 500;

    [GeneratedRegex(@"\]\(([^)#\s]+)(#[^)]*)?\)")]
    private static partial Regex MarkdownLink();

    [GeneratedRegex(@"public (?:async Task|void) ([A-Za-z0-9_]+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"`([A-Za-z0-9]+_[A-Za-z0-9_]+)`")]
    private static partial Regex BackQuoted();

    [Fact]
    public void EverySourceFile_IsShortOrSaysWhyNot()
    {
        List<string> wrong = [];
        foreach (string file in SourceFiles("*.cs"))
        {
            string[] lines = File.ReadAllLines(file);
            if (lines.Length > FileLineLimit && !lines.Take(12).Any(line => line.Contains("Length:", StringComparison.Ordinal)))
                wrong.Add($"{Relative(file)} has {lines.Length} lines: split it, or say why at its top in a comment that begins with 'Length:'.");
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void NoSourceFile_HoldsMarksOfUnfinishedWork()
    {
        string[] marks = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception", "HA" + "CK:"];
        List<string> wrong = [];
        foreach (string file in SourceFiles("*.cs").Concat(SourceFiles("*.sh")))
        {
            int number = 0;
            foreach (string line in File.ReadLines(file))
            {
                number++;
                foreach (string mark in marks)
                {
                    if (line.Contains(mark, StringComparison.Ordinal))
                        wrong.Add($"{Relative(file)}:{number} holds '{mark}'.");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void EveryLinkInTheDocuments_Resolves()
    {
        List<string> wrong = [];
        foreach (string file in Tracked("*.md"))
        {
            foreach (Match match in MarkdownLink().Matches(File.ReadAllText(file)))
            {
                string target = match.Groups[1].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                    continue;
                string path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, target));
                if (!File.Exists(path) && !Directory.Exists(path))
                    wrong.Add($"{Relative(file)} links to {target}, which does not exist.");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void EveryTestThatTheListOfBadInputNames_Exists()
    {
        HashSet<string> tests = [.. SourceFiles("*Tests.cs").SelectMany(file => TestMethod().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))];
        string[] named = [.. BackQuoted().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "bad-input.md"))).Select(match => match.Groups[1].Value)];
        Assert.True(named.Length > 50, $"only {named.Length} tests are named");
        Assert.Equal([], named.Except(tests));
    }

    [Fact]
    public void EveryPackage_IsListedWithItsReason()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "dependencies.md"));
        string[] packages = [.. XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Descendants("PackageVersion").Select(element => element.Attribute("Include")!.Value)];
        Assert.NotEmpty(packages);
        Assert.All(packages, package => Assert.Contains($"| {package} |", text, StringComparison.Ordinal));
    }

    private static IEnumerable<string> SourceFiles(string pattern) =>
        Tracked(pattern).Where(file => !Relative(file).StartsWith("test/Weft.Hygiene.Tests/", StringComparison.Ordinal));

    private static IEnumerable<string> Tracked(string pattern) =>
        Directory.EnumerateFiles(Repository.Root, pattern, SearchOption.AllDirectories)
            .Where(file => !Relative(file).Split('/').Any(part => part is "bin" or "obj" or "node_modules" or "artifacts" or ".git" or ".weft"));

    private static string Relative(string file) => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
}
