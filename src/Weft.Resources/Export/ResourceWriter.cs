using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weft.Resources.Yaml;

namespace Weft.Resources.Export;

/// <summary>Writes objects back as YAML or JSON, in canonical order; what is written reads back as the same object.</summary>
public static class ResourceWriter
{
    private static readonly JsonWriterOptions JsonOptions = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string ToYaml(ResourceObject resource) => YamlText.Write(CanonicalTree.Of(resource));

    /// <summary>Several objects as one of kind List.</summary>
    public static string ToYaml(IEnumerable<ResourceObject> resources) => YamlText.Write(CanonicalTree.ListOf(resources));

    public static string ToJson(ResourceObject resource) => Json(CanonicalTree.Of(resource));

    /// <summary>Several objects as one of kind List.</summary>
    public static string ToJson(IEnumerable<ResourceObject> resources) => Json(CanonicalTree.ListOf(resources));

    /// <summary>Writes a tree as one JSON value.</summary>
    public static void WriteJson(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node.Kind)
        {
            case NodeKind.Mapping:
                writer.WriteStartObject();
                foreach (YamlEntry entry in node.Entries)
                {
                    writer.WritePropertyName(entry.Key.Text);
                    WriteJson(writer, entry.Value);
                }
                writer.WriteEndObject();
                break;
            case NodeKind.Sequence:
                writer.WriteStartArray();
                foreach (YamlNode item in node.Items)
                    WriteJson(writer, item);
                writer.WriteEndArray();
                break;
            default:
                WriteScalar(writer, node);
                break;
        }
    }

    private static string Json(YamlNode node)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, JsonOptions))
            WriteJson(writer, node);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void WriteScalar(Utf8JsonWriter writer, YamlNode node)
    {
        switch (ScalarType.Of(node))
        {
            case ScalarKind.Null:
                writer.WriteNullValue();
                break;
            case ScalarKind.Boolean when ScalarType.TryBoolean(node.Text, out bool value):
                writer.WriteBooleanValue(value);
                break;
            case ScalarKind.Integer when ScalarType.TryInteger(node.Text, out System.Numerics.BigInteger integer):
                writer.WriteRawValue(integer.ToString(null, null));
                break;
            case ScalarKind.Float when ScalarType.TryFloat(node.Text, out double number) && double.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteStringValue(node.Text);
                break;
        }
    }
}
