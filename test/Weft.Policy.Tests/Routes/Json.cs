using System.Globalization;

namespace Weft.Policy.Tests.Routes;

/// <summary>Puts values into JSON text, whose braces do not go well with interpolated strings.</summary>
internal static class Json
{
    /// <summary>Replaces <c>$1</c>, <c>$2</c> and so on.</summary>
    public static string Fill(string text, params string[] values)
    {
        for (int i = values.Length; i > 0; i--)
            text = text.Replace("$" + i.ToString(CultureInfo.InvariantCulture), values[i - 1], StringComparison.Ordinal);
        return text;
    }
}
