using Google.Protobuf.WellKnownTypes;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>Free-form values (<c>google.protobuf.Struct</c>): anything that JSON can say.</summary>
internal static class StructDecoder
{
    public static Struct Struct(YamlNode node)
    {
        Struct result = new();
        foreach (YamlEntry entry in node.Entries)
            result.Fields[entry.Key.Text] = Value(entry.Value);
        return result;
    }

    public static Value Value(YamlNode node) => node.Kind switch
    {
        NodeKind.Mapping => Google.Protobuf.WellKnownTypes.Value.ForStruct(Struct(node)),
        NodeKind.Sequence => Google.Protobuf.WellKnownTypes.Value.ForList([.. node.Items.Select(Value)]),
        _ => Scalar(node),
    };

    private static Value Scalar(YamlNode node)
    {
        switch (ScalarType.Of(node))
        {
            case ScalarKind.Null:
                return Google.Protobuf.WellKnownTypes.Value.ForNull();
            case ScalarKind.Boolean when ScalarType.TryBoolean(node.Text, out bool boolean):
                return Google.Protobuf.WellKnownTypes.Value.ForBool(boolean);
            // JSON has no infinities: those stay text.
            case ScalarKind.Integer or ScalarKind.Float when ScalarType.TryFloat(node.Text, out double number) && double.IsFinite(number):
                return Google.Protobuf.WellKnownTypes.Value.ForNumber(number);
            default:
                return Google.Protobuf.WellKnownTypes.Value.ForString(node.Text);
        }
    }
}
