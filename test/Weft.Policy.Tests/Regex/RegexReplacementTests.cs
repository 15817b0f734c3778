using System.Text;
using Weft.Policy.Regex;

namespace Weft.Policy.Tests.Regex;

public sealed class RegexReplacementTests
{
    [Theory]
    [InlineData("^/service/([^/]+)(/.*)$", "\\2/instance/\\1", "/service/foo/v1/api", "/v1/api/instance/foo")]
    [InlineData("one", "two", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/two/zzz")]
    [InlineData("^(.*?)one(.*)$", "\\1two\\2", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/one/zzz")]
    [InlineData("(?i)/xxx/", "/yyy/", "/aaa/XxX/bbb", "/aaa/yyy/bbb")]
    [InlineData("x*", "-", "abc", "-a-b-c-")]
    [InlineData("b*", "-", "abc", "-a-c-")]
    [InlineData("nothing", "x", "/abc", "/abc")]
    [InlineData("a", "\\0\\0\\\\", "ba", "baa\\")]
    [InlineData("(a)|(b)", "[\\1\\2]", "ab", "[a][b]")]
    [InlineData("x*", "-", "é", "-é-")]
    [InlineData("^a", "b", "aaa", "baa")]
    public void EveryMatch_IsReplaced(string pattern, string substitution, string input, string expected)
    {
        Assert.True(RegexReplacement.TryCompile(pattern, substitution, out RegexReplacement? replacement, out string? error), error);
        byte[] destination = new byte[200];
        int length = replacement.Replace(Encoding.UTF8.GetBytes(input), destination);
        Assert.Equal(expected, Encoding.UTF8.GetString(destination, 0, length));
        Assert.Equal(-1, replacement.Replace(Encoding.UTF8.GetBytes(input), destination.AsSpan(0, length - 1)));
        Assert.Equal(0, Allocation.Of(() => replacement.Replace("/service/foo"u8, destination)));
    }

    [Theory]
    [InlineData("a", "\\1", "The substitution '\\1' names group 1, but the pattern has 0.")]
    [InlineData("a", "x\\", "In the substitution 'x\\' a backslash is followed by neither a digit nor a backslash.")]
    [InlineData("a", "\\g", "In the substitution '\\g' a backslash is followed by neither a digit nor a backslash.")]
    [InlineData("(", "x", "A parenthesis is not closed (at character 1 of the pattern).")]
    public void BadSubstitution_IsExplained(string pattern, string substitution, string expected)
    {
        Assert.False(RegexReplacement.TryCompile(pattern, substitution, out _, out string? error));
        Assert.Equal(expected, error);
    }
}
