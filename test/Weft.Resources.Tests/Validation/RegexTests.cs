using System.Text.Json;

namespace Weft.Resources.Tests.Validation;

/// <summary>Which patterns count as RE2's, seen through a VirtualService that uses them.</summary>
public sealed class RegexTests
{
    [Theory]
    [InlineData("/api/v[0-9]+(/.*)?")]
    [InlineData("(?i)abc|(?s:x.y)|(?:z)")]
    [InlineData("(?P<name>[a-z]+)-(?<other>\\d{2,5})")]
    [InlineData("\\pL\\p{Greek}\\P{Nd}[[:alpha:]]+")]
    [InlineData("\\Qa.b*c\\E+")]
    [InlineData("^\\x{10FFFF}\\x41\\123\\z")]
    [InlineData("(a+)+$")]
    [InlineData("a{,5}|a{1000}|[^/]*?")]
    [InlineData("(?U)a+(?-i)b")]
    public void Re2Pattern_IsAccepted(string pattern) => Assert.Empty(Findings(pattern));

    [Theory]
    [InlineData("(?=a)")]
    [InlineData("(?!a)")]
    [InlineData("(?<=a)b")]
    [InlineData("(?<!a)b")]
    [InlineData("(?>a)")]
    [InlineData("(?#comment)")]
    [InlineData("(a)\\1")]
    [InlineData("(?P<n>a)\\k<n>")]
    [InlineData("\\Z")]
    [InlineData("\\cA")]
    [InlineData("*.example.com")]
    [InlineData("a**")]
    [InlineData("a{1001}")]
    [InlineData("[z-a]")]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("a\\")]
    [InlineData("\\x{110000}")]
    [InlineData("\\p{L")]
    public void OtherPattern_IsRefusedWithAReason(string pattern)
    {
        Diagnostic finding = Assert.Single(Findings(pattern));
        Assert.Equal("WFT0305", finding.Code);
        Assert.NotNull(finding.Hint);
    }

    [Fact]
    public void LongPattern_IsRefused()
    {
        Assert.Empty(Findings(new string('a', 1024)));
        Assert.Equal("WFT0305", Assert.Single(Findings(new string('a', 1025))).Code);
    }

    private static IReadOnlyList<Diagnostic> Findings(string pattern) => ResourceReader.Read(
        $"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a}}\nspec: {{hosts: [a], http: [{{match: [{{uri: {{regex: {JsonSerializer.Serialize(pattern)}}}}}], route: [{{destination: {{host: b}}}}]}}]}}\n").Diagnostics;
}
