using Weft.Resources.Diagnostics;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>Reports a field that does not exist, with the one that was probably meant or the place where it belongs.</summary>
internal static class UnknownField
{
    private const int FieldsToList = 16;

    public static void Report(DiagnosticSink sink, YamlNode key, FieldPath parent, FieldNames names)
    {
        if (sink.IsFull)
        {
            sink.Report(FieldDiagnostics.UnknownField, key.Position, "");
            return;
        }
        string where = parent.ToString();
        string subject = where.Length == 0 ? "The document" : where;
        sink.Report(
            FieldDiagnostics.UnknownField, key.Position, $"{subject} has no field \"{key.Text}\".", Hint(key.Text, parent, names),
            parent.Field(EditDistance.Nearest(key.Text, names.Written) ?? key.Text));
    }

    private static string Hint(string name, FieldPath parent, FieldNames names)
    {
        if (EditDistance.Nearest(name, names.Written) is { } near)
            return $"Did you mean \"{near}\"?";
        for (FieldPath? up = parent.Parent; up is not null; up = up.Parent)
        {
            if (up.Message is { } message && FieldNames.Of(message).Find(name) is not null)
                return $"It belongs in {(up.ToString() is { Length: > 0 } place ? place : "the document")}: check the indentation.";
        }
        if (names.Written.Length == 0)
            return "It takes no fields.";
        string more = names.Written.Length > FieldsToList ? ", …" : "";
        return $"Fields here: {string.Join(", ", names.Written.Take(FieldsToList))}{more}.";
    }
}
