using System.Text.RegularExpressions;

namespace Weft.Hygiene.Tests;

/// <summary>Every statistic that the proxy declares is counted by somebody: one that is always zero says that nothing ever went wrong.</summary>
public sealed partial class CounterTests
{
    private const int Enumerations = 5;

    [GeneratedRegex(@"public enum (\w+Stat)\b")]
    private static partial Regex Enumeration();

    [GeneratedRegex(@"^    (\w+),\r?$", RegexOptions.Multiline)]
    private static partial Regex Member();

    [GeneratedRegex(@"\b(\w+Stat)\.(\w+)")]
    private static partial Regex Use();

    // Status classes are counted by their place behind the first: `Rq1xx + (status / 100 - 1)`.
    [GeneratedRegex(@"\b(\w+Stat)\.(\w+)1xx \+ \(")]
    private static partial Regex UseOfAClass();

    [Fact]
    public void EveryDeclaredCounter_IsCountedSomewhere()
    {
        HashSet<string> declared = [], used = [];
        int enumerations = 0;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Weft.Proxy"), "*.cs", SearchOption.AllDirectories))
        {
            if (Path.GetRelativePath(Repository.Root, file).Split('/').Any(static part => part is "bin" or "obj")) continue;
            string text = File.ReadAllText(file);
            if (Enumeration().Match(text) is { Success: true } enumeration)
            {
                enumerations++;
                foreach (Match member in Member().Matches(text)) declared.Add($"{enumeration.Groups[1].Value}.{member.Groups[1].Value}");
                continue;
            }

            foreach (Match use in Use().Matches(text)) used.Add(use.Value);
            foreach (Match use in UseOfAClass().Matches(text))
            {
                for (char digit = '2'; digit <= '5'; digit++) used.Add($"{use.Groups[1].Value}.{use.Groups[2].Value}{digit}xx");
            }
        }

        Assert.Equal(Enumerations, enumerations);
        Assert.True(declared.Count > 150, $"only {declared.Count} counters were found");
        Assert.Equal([], declared.Except(used).Order());
    }
}
