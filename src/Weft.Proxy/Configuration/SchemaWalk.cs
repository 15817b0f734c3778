using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Weft.Xds;

namespace Weft.Proxy.Configuration;

/// <summary>
/// Compares a file's nodes with a message's schema: finds unknown fields and wrong kinds with their place, remembers where
/// each field stands, and writes the JSON that the message is then read from.
/// </summary>
internal sealed class SchemaWalk
{
    private readonly StringBuilder _json = new();
    private readonly Dictionary<string, SourcePlace> _places = [];
    private readonly List<(MessageDescriptor Type, FieldDescriptor Field, ConfigNode Node, string Path)> _leaves = [];

    public List<(SourcePlace Place, string Message)> Errors { get; } = [];

    public string Json => _json.ToString();

    public void Walk(ConfigNode root, MessageDescriptor type) => Message(root, type, "");

    /// <summary>The place of a field, or of the nearest thing around it that the file has.</summary>
    public SourcePlace PlaceOf(string path)
    {
        for (var rest = path; rest.Length > 0;)
        {
            if (_places.TryGetValue(rest, out var place))
            {
                return place;
            }

            var cut = rest.LastIndexOfAny(['.', '[']);
            rest = cut < 0 ? "" : rest[..cut];
        }

        return _places.GetValueOrDefault("");
    }

    /// <summary>After the message could not be read: which single values are the cause.</summary>
    public void FindBadValues()
    {
        var parser = new JsonParser(JsonParser.Settings.Default);
        foreach (var (type, field, node, path) in _leaves)
        {
            var value = node.Scalar ?? "";
            try
            {
                parser.Parse($"{{\"{field.JsonName}\":{(field.IsRepeated && !field.IsMap ? $"[{value}]" : value)}}}", type);
            }
            catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or InvalidOperationException or FormatException)
            {
                Errors.Add((node.Place, $"{path}: {value} is not {KindOf(field)}."));
            }
        }
    }

    private static string KindOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.FullName switch
        {
            "google.protobuf.Duration" => "a duration, such as 5s or 0.25s",
            var name => $"a `{name}`",
        },
        FieldType.Enum => $"one of {string.Join(", ", field.EnumType.Values.Select(v => v.Name))}",
        FieldType.String => "text: put it in quotes",
        FieldType.Bool => "true or false",
        FieldType.Bytes => "base64",
        _ => "a number of the right range",
    };

    private void Message(ConfigNode node, MessageDescriptor type, string path)
    {
        _places.TryAdd(path, node.Place);
        if (type.FullName == Any.Descriptor.FullName)
        {
            AnyMessage(node, path);
            return;
        }

        if (IsFree(type))
        {
            Raw(node);
            return;
        }

        if (node.Members is null)
        {
            Errors.Add((node.Place, $"{Named(path)} must be a mapping, but it is {node.Kind}."));
            _json.Append("{}");
            return;
        }

        _json.Append('{');
        var isFirst = true;
        Members(node, type, path, ref isFirst);
        _json.Append('}');
    }

    private void AnyMessage(ConfigNode node, string path)
    {
        var typeUrl = node.Members?.Find(m => m.Key == "@type").Value?.Scalar?.Trim('"');
        var known = typeUrl is null ? null : XdsTypes.Registry.Find(XdsTypeUrls.MessageName(typeUrl));
        if (known is null)
        {
            Errors.Add((node.Place, typeUrl is null
                ? $"{Named(path)} needs `\"@type\"`, which says what it configures."
                : $"{Named(path)}: weft-proxy does not support `{XdsTypeUrls.MessageName(typeUrl)}`."));
            _json.Append("{}");
            return;
        }

        _json.Append("{\"@type\":\"").Append(typeUrl).Append('"');
        var isFirst = false;
        Members(node, known, path, ref isFirst);
        _json.Append('}');
    }

    private void Members(ConfigNode node, MessageDescriptor type, string path, ref bool isFirst)
    {
        foreach (var (key, value) in node.Members!)
        {
            if (key == "@type" || value.IsNull)
            {
                continue;
            }

            var field = type.FindFieldByName(key) ?? type.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == key);
            if (field is null)
            {
                Errors.Add((value.Place, $"{Named(Join(path, key))}: weft-proxy does not support this field, or it is misspelt (`{type.FullName}` has no such field)."));
                continue;
            }

            _json.Append(isFirst ? "" : ",").Append('"').Append(field.JsonName).Append("\":");
            isFirst = false;
            Field(value, type, field, Join(path, field.Name));
        }
    }

    private void Field(ConfigNode node, MessageDescriptor type, FieldDescriptor field, string path)
    {
        _places.TryAdd(path, node.Place);
        if (field.IsMap)
        {
            Map(node, field, path);
        }
        else if (field.IsRepeated)
        {
            if (node.Items is null)
            {
                Errors.Add((node.Place, $"{path} must be a list, but it is {node.Kind}."));
                _json.Append("[]");
                return;
            }

            _json.Append('[');
            for (var i = 0; i < node.Items.Count; i++)
            {
                _json.Append(i == 0 ? "" : ",");
                var itemPath = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
                _places.TryAdd(itemPath, node.Items[i].Place);
                Single(node.Items[i], type, field, itemPath);
            }

            _json.Append(']');
        }
        else
        {
            Single(node, type, field, path);
        }
    }

    private void Map(ConfigNode node, FieldDescriptor field, string path)
    {
        if (node.Members is null)
        {
            Errors.Add((node.Place, $"{path} must be a mapping, but it is {node.Kind}."));
            _json.Append("{}");
            return;
        }

        var valueField = field.MessageType.FindFieldByNumber(2);
        _json.Append('{');
        for (var i = 0; i < node.Members.Count; i++)
        {
            var (key, value) = node.Members[i];
            _json.Append(i == 0 ? "" : ",").Append('"').Append(System.Text.Json.JsonEncodedText.Encode(key)).Append("\":");
            _places.TryAdd($"{path}.\"{key}\"", value.Place);
            Single(value, field.MessageType, valueField, $"{path}.\"{key}\"");
        }

        _json.Append('}');
    }

    private void Single(ConfigNode node, MessageDescriptor type, FieldDescriptor field, string path)
    {
        if (field.FieldType == FieldType.Message && !IsLeaf(field.MessageType))
        {
            Message(node, field.MessageType, path);
            return;
        }

        if (node.Scalar is null)
        {
            Errors.Add((node.Place, $"{path} must be a single value, but it is {node.Kind}."));
            _json.Append("null");
            return;
        }

        _leaves.Add((type, field, node, path));
        _json.Append(node.Scalar);
    }

    private void Raw(ConfigNode node)
    {
        if (node.Scalar is not null)
        {
            _json.Append(node.Scalar);
        }
        else if (node.Items is not null)
        {
            _json.Append('[');
            for (var i = 0; i < node.Items.Count; i++)
            {
                _json.Append(i == 0 ? "" : ",");
                Raw(node.Items[i]);
            }

            _json.Append(']');
        }
        else
        {
            _json.Append('{');
            for (var i = 0; i < node.Members!.Count; i++)
            {
                _json.Append(i == 0 ? "" : ",").Append('"').Append(System.Text.Json.JsonEncodedText.Encode(node.Members[i].Key)).Append("\":");
                Raw(node.Members[i].Value);
            }

            _json.Append('}');
        }
    }

    private static bool IsFree(MessageDescriptor type) =>
        type.FullName is "google.protobuf.Struct" or "google.protobuf.Value" or "google.protobuf.ListValue";

    /// <summary>Messages that JSON writes as one value.</summary>
    private static bool IsLeaf(MessageDescriptor type) =>
        type.File.Name is "google/protobuf/wrappers.proto" or "google/protobuf/duration.proto" or "google/protobuf/timestamp.proto";

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Named(string path) => path.Length == 0 ? "The file" : path;
}
