using Google.Protobuf.Reflection;
using Weft.Resources.Diagnostics;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>Reports a value of the wrong type, with an example of what to write.</summary>
internal static class WrongType
{
    public static void Report(DiagnosticSink sink, YamlNode node, FieldPath path, string expected, string example) => sink.Report(
        FieldDiagnostics.WrongType, node.Position,
        $"{(path.ToString() is { Length: > 0 } place ? place : "The document")} must be {expected}, but {Describe(node)} is written here.", Advise(node, expected, example), path);

    /// <summary>What a value of this field's type looks like.</summary>
    public static string Example(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => "text",
        FieldType.Bool => "true",
        FieldType.Double or FieldType.Float => "0.5",
        FieldType.Enum => field.EnumType.Values[^1].Name,
        FieldType.Bytes => "dGV4dA==",
        FieldType.Message => field.MessageType.FullName switch
        {
            "google.protobuf.Duration" => "10s",
            "google.protobuf.Struct" or "google.protobuf.Value" => "{key: value}",
            _ => Example(field.MessageType),
        },
        _ => "80",
    };

    /// <summary>What a message looks like: its first field, or nothing.</summary>
    public static string Example(MessageDescriptor message)
    {
        FieldDescriptor? first = message.Fields.InDeclarationOrder().FirstOrDefault(f => !f.IsMap && !f.IsRepeated && f.FieldType != FieldType.Message);
        return first is null ? "{…}" : $"{{{first.JsonName}: {Example(first)}}}";
    }

    /// <summary>The name of the field that a path ends in, list positions left out.</summary>
    public static string LastName(FieldPath path)
    {
        string text = path.ToString();
        int end = text.EndsWith(']') ? text.LastIndexOf('[') : text.Length;
        int start = text.LastIndexOf('.', Math.Max(0, end - 1)) + 1;
        return end <= start ? "field" : text[start..end];
    }

    private static string Describe(YamlNode node) => node.Kind switch
    {
        NodeKind.Mapping => "a mapping",
        NodeKind.Sequence => "a list",
        _ => ScalarType.Of(node) switch
        {
            ScalarKind.Null => "nothing",
            ScalarKind.Boolean => $"the boolean {node.Text}",
            ScalarKind.Integer or ScalarKind.Float => $"the number {Shorten(node.Text)}",
            _ => $"the text \"{Shorten(node.Text)}\"",
        },
    };

    private static string Advise(YamlNode node, string expected, string example)
    {
        if (expected == "text" && node.Kind == NodeKind.Scalar && !node.IsNull)
            return $"Write it in quotes: \"{Shorten(node.Text)}\".";
        return $"Write for example: {example}";
    }

    private static string Shorten(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        return line.Length <= 60 ? line : line[..60] + "…";
    }
}
