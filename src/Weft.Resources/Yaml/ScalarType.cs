using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Weft.Resources.Yaml;

/// <summary>
/// What an unquoted scalar means. The rules are those of Kubernetes' YAML reader, so that a file that Weft accepts is
/// accepted by a cluster too: <c>yes</c>, <c>no</c>, <c>on</c> and <c>off</c> are booleans, <c>010</c> is octal, <c>1_000</c> a number.
/// </summary>
public static partial class ScalarType
{
    public static ScalarKind Of(YamlNode node)
    {
        if (!node.IsPlain)
            return ScalarKind.String;
        string text = node.Text;
        if (text.Length == 0)
            return ScalarKind.Null;
        // Most scalars are words: decide those by their first character.
        char first = text[0];
        if (char.IsAsciiDigit(first) || first is '+' or '-' or '.')
            return IntegerPattern().IsMatch(text) ? ScalarKind.Integer : FloatPattern().IsMatch(text) ? ScalarKind.Float : ScalarKind.String;
        return text switch
        {
            "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
            _ when TryBoolean(text, out _) => ScalarKind.Boolean,
            _ => ScalarKind.String,
        };
    }

    public static bool TryBoolean(string text, out bool value)
    {
        switch (text)
        {
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                value = true;
                return true;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                value = false;
                return true;
            default:
                value = false;
                return false;
        }
    }

    public static bool TryInteger(string text, out BigInteger value)
    {
        value = default;
        if (!IntegerPattern().IsMatch(text) || text.Length > 100)
            return false;
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        bool negative = digits[0] == '-';
        digits = digits.TrimStart('+', '-');
        int numberBase = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            (numberBase, int skip) = char.ToLowerInvariant(digits[1]) switch { 'x' => (16, 2), 'o' => (8, 2), 'b' => (2, 2), _ => (8, 1) };
            digits = digits[skip..];
        }
        foreach (char digit in digits)
            value = (value * numberBase) + Convert.ToInt32(digit.ToString(), 16);
        value = negative ? -value : value;
        return true;
    }

    public static bool TryFloat(string text, out double value)
    {
        value = 0;
        switch (text.TrimStart('+'))
        {
            case ".inf" or ".Inf" or ".INF" or "Infinity":
                value = double.PositiveInfinity;
                return true;
            case "-.inf" or "-.Inf" or "-.INF" or "-Infinity":
                value = double.NegativeInfinity;
                return true;
            case ".nan" or ".NaN" or ".NAN" or "NaN":
                value = double.NaN;
                return true;
        }
        if (TryInteger(text, out BigInteger integer))
        {
            value = (double)integer;
            return true;
        }
        return FloatPattern().IsMatch(text)
            && double.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9_]*|0[xX][0-9a-fA-F_]*[0-9a-fA-F]|0o?[0-7_]*[0-7]|0b[01_]*[01])\z")]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(@"^[-+]?((\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z")]
    private static partial Regex FloatPattern();
}
