using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Weft.Resources.Validation;

/// <summary>
/// Whether a regular expression is one of RE2's (the engine of Envoy and Istio, linear in its input). The pattern is walked
/// once: what only backtracking engines know is refused by name, what only RE2 knows is rewritten, and the rest is left to
/// .NET's own linear engine to judge.
/// </summary>
internal static class Re2Syntax
{
    /// <summary>Istio's limit for patterns.</summary>
    public const int MaxLength = 1024;

    private const int MaxRepeat = 1000;
    private const string Escapes = "aftnrvAzbBdDsSwW";

    /// <summary>What is wrong with the pattern, as the end of a sentence; null when it is fine.</summary>
    public static string? Check(string pattern)
    {
        if (pattern.Length > MaxLength)
            return $"is longer than {MaxLength} characters";
        StringBuilder translated = new(pattern.Length + 16);
        for (int at = 0; at < pattern.Length;)
        {
            string? problem = pattern[at] switch
            {
                '\\' => Escape(pattern, ref at, translated),
                '(' => Group(pattern, ref at, translated),
                '{' => Repeat(pattern, ref at, translated),
                _ => Copy(pattern, ref at, translated),
            };
            if (problem is not null)
                return problem;
        }
        try
        {
            _ = new Regex(translated.ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return null;
        }
        catch (RegexParseException problem)
        {
            return $"does not compile ({Reason(problem.Error)})";
        }
        catch (NotSupportedException)
        {
            return "uses what a linear engine cannot do";
        }
    }

    private static string? Copy(string pattern, ref int at, StringBuilder translated)
    {
        translated.Append(pattern[at++]);
        return null;
    }

    private static string? Escape(string pattern, ref int at, StringBuilder translated)
    {
        if (at + 1 >= pattern.Length)
            return "ends with a backslash";
        char kind = pattern[at + 1];
        switch (kind)
        {
            case 'Q':
                int end = pattern.IndexOf("\\E", at + 2, StringComparison.Ordinal);
                string literal = end < 0 ? pattern[(at + 2)..] : pattern[(at + 2)..end];
                translated.Append(Regex.Escape(literal).Replace("]", "\\]", StringComparison.Ordinal).Replace("}", "\\}", StringComparison.Ordinal));
                at = end < 0 ? pattern.Length : end + 2;
                return null;
            case 'C':
                translated.Append('.');
                at += 2;
                return null;
            case 'p' or 'P':
                return UnicodeClass(pattern, ref at, translated);
            case 'x' when at + 2 < pattern.Length && pattern[at + 2] == '{':
                return CodePoint(pattern, ref at, translated);
            case >= '1' and <= '9' when !IsOctal(pattern, at + 1):
                return $"has the back reference \\{kind}, which RE2 does not know";
            case 'k':
                return "has a named back reference, which RE2 does not know";
        }
        if (char.IsAsciiLetter(kind) && kind != 'x' && !Escapes.Contains(kind, StringComparison.Ordinal))
            return $"has the escape \\{kind}, which RE2 does not know";
        translated.Append(pattern, at, 2);
        at += 2;
        return null;
    }

    private static bool IsOctal(string pattern, int at) =>
        at + 2 < pattern.Length && pattern.AsSpan(at, 3).IndexOfAnyExceptInRange('0', '7') < 0;

    private static string? UnicodeClass(string pattern, ref int at, StringBuilder translated)
    {
        string name;
        int end;
        if (at + 2 < pattern.Length && pattern[at + 2] == '{')
        {
            end = pattern.IndexOf('}', at);
            if (end < 0)
                return "has \\p{ without }";
            name = pattern[(at + 3)..end++];
        }
        else if (at + 2 < pattern.Length)
        {
            (name, end) = (pattern[at + 2].ToString(), at + 3);
        }
        else
        {
            return "ends within \\p";
        }
        // RE2 takes scripts (\p{Greek}), too; .NET knows general categories only, so a script is checked by its form.
        if (name.Length > 2 && name.TrimStart('^').All(char.IsAsciiLetter))
            name = "L";
        translated.Append('\\').Append(pattern[at + 1]).Append('{').Append(name.TrimStart('^')).Append('}');
        at = end;
        return null;
    }

    private static string? CodePoint(string pattern, ref int at, StringBuilder translated)
    {
        int end = pattern.IndexOf('}', at);
        if (end < 0 || !int.TryParse(pattern.AsSpan(at + 3, end - at - 3), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) || value > 0x10FFFF)
            return "has \\x{ without a code point and }";
        translated.Append(CultureInfo.InvariantCulture, $"\\u{Math.Min(value, 0xFFFD):X4}");
        at = end + 1;
        return null;
    }

    private static string? Group(string pattern, ref int at, StringBuilder translated)
    {
        ReadOnlySpan<char> rest = pattern.AsSpan(at);
        if (!rest.StartsWith("(?", StringComparison.Ordinal))
            return Copy(pattern, ref at, translated);
        if (rest.StartsWith("(?=", StringComparison.Ordinal) || rest.StartsWith("(?!", StringComparison.Ordinal)
            || rest.StartsWith("(?<=", StringComparison.Ordinal) || rest.StartsWith("(?<!", StringComparison.Ordinal))
            return "looks ahead or behind, which RE2 does not do";
        if (rest.StartsWith("(?P<", StringComparison.Ordinal) || rest.StartsWith("(?<", StringComparison.Ordinal))
        {
            translated.Append("(?<");
            at += rest[2] == 'P' ? 4 : 3;
            return null;
        }
        int flags = rest[2..].IndexOfAnyExcept("imsU-");
        if (flags < 0 || rest[flags + 2] is not (':' or ')'))
            return "has a group (?…) that RE2 does not know";
        string kept = rest.Slice(2, flags).ToString().Replace("U", "", StringComparison.Ordinal);
        bool isSwitch = rest[flags + 2] == ')';
        if (kept.Trim('-').Length > 0)
            translated.Append("(?").Append(kept.TrimEnd('-')).Append(rest[flags + 2]);
        else if (!isSwitch)
            translated.Append("(?:");
        at += flags + 3;
        return null;
    }

    private static string? Repeat(string pattern, ref int at, StringBuilder translated)
    {
        int end = pattern.IndexOf('}', at);
        if (end > 0)
        {
            foreach (string bound in pattern[(at + 1)..end].Split(','))
            {
                if (bound.Length > 0 && bound.All(char.IsAsciiDigit) && (bound.Length > 4 || int.Parse(bound, CultureInfo.InvariantCulture) > MaxRepeat))
                    return $"repeats more than {MaxRepeat} times";
            }
        }
        return Copy(pattern, ref at, translated);
    }

    private static string Reason(RegexParseError error) => error switch
    {
        RegexParseError.InsufficientClosingParentheses => "a ( is not closed",
        RegexParseError.InsufficientOpeningParentheses => "a ) was not opened",
        RegexParseError.UnterminatedBracket => "a [ is not closed",
        RegexParseError.QuantifierAfterNothing => "*, + or ? stands after nothing; a shell's * is .* here",
        RegexParseError.NestedQuantifiersNotParenthesized => "two of *, +, ? in a row",
        RegexParseError.ReversedCharacterRange => "a range in [ ] is the wrong way round",
        RegexParseError.ReversedQuantifierRange => "a range in { } is the wrong way round",
        _ => error.ToString(),
    };
}
