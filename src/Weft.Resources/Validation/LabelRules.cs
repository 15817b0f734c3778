using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation;

/// <summary>Rules for label keys and values.</summary>
internal static class LabelRules
{
    public static void Check(Scope at, string key, string value, DiagnosticDefinition code)
    {
        if (!Names.IsQualifiedName(key))
            at.Report(code, "is no valid label key.", "A key is [prefix/]name: letters, digits, -, _ and ., a name of at most 63.");
        if (!Names.IsLabelValue(value))
            at.Report(code, $"cannot have the value \"{value}\".", "A label value is empty or holds letters, digits, -, _ and ., beginning and ending with a letter or digit (at most 63).");
    }

    public static void CheckAll(Scope at, IEnumerable<KeyValuePair<string, string>> labels, DiagnosticDefinition code)
    {
        foreach ((string key, string value) in labels)
            Check(at[key], key, value, code);
    }
}
