using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Weft.Resources.Yaml;

namespace Weft.Cli.Output;

/// <summary>A document as it was written, as a tree for <see cref="Structured"/>.</summary>
internal static class NodeTree
{
    /// <summary>The same keys, in the same order, with scalars in the types that YAML gives them.</summary>
    public static JsonNode? Of(YamlNode node) => node.Kind switch
    {
        NodeKind.Mapping => Map(node),
        NodeKind.Sequence => new JsonArray([.. node.Items.Select(Of)]),
        _ => Scalar(node),
    };

    private static JsonObject Map(YamlNode node)
    {
        JsonObject map = [];
        foreach (YamlEntry entry in node.Entries)
            map[entry.Key.Text] = Of(entry.Value);
        return map;
    }

    private static JsonNode? Scalar(YamlNode node)
    {
        switch (ScalarType.Of(node))
        {
            case ScalarKind.Null:
                return null;
            case ScalarKind.Boolean:
                return ScalarType.TryBoolean(node.Text, out bool truth) && truth;
            case ScalarKind.Integer when ScalarType.TryInteger(node.Text, out BigInteger integer):
                return JsonNode.Parse(integer.ToString(CultureInfo.InvariantCulture));
            case ScalarKind.Float when ScalarType.TryFloat(node.Text, out double number) && double.IsFinite(number):
                return number;
            default:
                return node.Text;
        }
    }
}
