namespace Weft.Resources.Validation;

/// <summary>Which host patterns lie within which: <c>*.example.com</c> covers <c>a.example.com</c> and <c>*.a.example.com</c>.</summary>
internal static class HostPatterns
{
    public static bool Covers(string wide, string narrow)
    {
        if (wide == "*")
            return true;
        if (!wide.StartsWith('*'))
            return wide.Equals(narrow, StringComparison.OrdinalIgnoreCase);
        return narrow.Length >= wide.Length && narrow != "*" && narrow.EndsWith(wide[1..], StringComparison.OrdinalIgnoreCase);
    }
}
