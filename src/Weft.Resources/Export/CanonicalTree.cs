using Google.Protobuf;
using Google.Protobuf.Reflection;
using Kubernetes.Meta.V1;
using Weft.Resources.Decoding;
using Weft.Resources.Yaml;

namespace Weft.Resources.Export;

/// <summary>
/// An object as a tree in canonical form: apiVersion, kind, metadata, body; fields in the schema's order with JSON names.
/// What was written explicitly stays, also where it equals the default.
/// </summary>
internal static class CanonicalTree
{
    private static readonly string[] MetadataOrder =
        ["name", "generateName", "namespace", "labels", "annotations", "creationTimestamp", "resourceVersion", "generation", "uid"];

    public static YamlNode Of(ResourceObject resource)
    {
        List<YamlEntry> entries = [Entry("apiVersion", Text(resource.ApiVersion)), Entry("kind", Text(resource.Kind)), Entry("metadata", Metadata(resource))];
        if (resource.Group == KindCatalog.Mesh)
            entries.AddRange(Effective(resource.Spec).Entries);
        else if (resource.Definition.HasSpec)
            AddSpec(resource, entries);
        else
            entries.AddRange(Ordered(resource.Root, resource.Definition.Body).Entries.Where(e => e.Key.Text is not ("apiVersion" or "kind" or "metadata")));
        return YamlNode.Mapping(default, [.. entries]);
    }

    /// <summary>Several objects as one of kind List, as kubectl prints them.</summary>
    public static YamlNode ListOf(IEnumerable<ResourceObject> resources) => YamlNode.Mapping(
        default,
        [Entry("apiVersion", Text("v1")), Entry("kind", Text("List")), Entry("items", YamlNode.Sequence(default, [.. resources.Select(Of)]))]);

    private static void AddSpec(ResourceObject resource, List<YamlEntry> entries)
    {
        if (resource.Root.Find("spec") is { IsNull: false } spec)
            entries.Add(Entry("spec", Ordered(spec, resource.Definition.Body)));
        if (resource.Root.Find("status") is { IsNull: false } status)
            entries.Add(Entry("status", status));
    }

    /// <summary>The mesh configuration is shown with its defaults: what is in force is what is asked for.</summary>
    private static YamlNode Effective(IMessage message)
    {
        List<YamlDocument> values = [];
        string json = new JsonFormatter(JsonFormatter.Settings.Default).Format(message);
        return JsonNodeReader.TryRead(json, new SourcePosition(1, 1), null, values) ? values[0].Root : throw new InvalidOperationException("Protobuf writes well-formed JSON.");
    }

    private static YamlNode Metadata(ResourceObject resource)
    {
        YamlNode? written = resource.Group == KindCatalog.Mesh ? null : resource.Root.Find("metadata");
        List<YamlEntry> entries = [Entry("name", Text(resource.Name))];
        if (resource.Definition.IsNamespaced)
            entries.Add(Entry("namespace", Text(resource.Namespace)));
        if (written is not null)
        {
            entries.AddRange(Ordered(written, ObjectMeta.Descriptor).Entries
                .Where(e => e.Key.Text is not ("name" or "namespace"))
                .OrderBy(e => Array.IndexOf(MetadataOrder, e.Key.Text) is var place and >= 0 ? place : MetadataOrder.Length));
        }
        return YamlNode.Mapping(default, [.. entries]);
    }

    private static YamlNode Ordered(YamlNode node, MessageDescriptor type)
    {
        if (node.Kind != NodeKind.Mapping || type.FullName.StartsWith("google.protobuf.", StringComparison.Ordinal))
            return node;
        FieldNames names = FieldNames.Of(type);
        IEnumerable<YamlEntry> entries = node.Entries
            .Select(e => (Entry: e, Field: names.Find(e.Key.Text)))
            .OrderBy(e => e.Field is null ? int.MaxValue : Array.IndexOf(names.Written, e.Field.JsonName))
            .Select(e => e.Field is null ? e.Entry : Entry(e.Field.JsonName, Value(e.Entry.Value, e.Field)));
        return YamlNode.Mapping(node.Position, [.. entries]);
    }

    private static YamlNode Value(YamlNode node, FieldDescriptor field)
    {
        if (field.FieldType != FieldType.Message)
            return node;
        if (field.IsMap)
        {
            FieldDescriptor value = field.MessageType.FindFieldByNumber(2);
            return node.Kind == NodeKind.Mapping
                ? YamlNode.Mapping(node.Position, [.. node.Entries.Select(e => new YamlEntry(e.Key, Value(e.Value, value)))])
                : node;
        }
        return node.Kind == NodeKind.Sequence && field.IsRepeated
            ? YamlNode.Sequence(node.Position, [.. node.Items.Select(item => Ordered(item, field.MessageType))])
            : Ordered(node, field.MessageType);
    }

    private static YamlEntry Entry(string name, YamlNode value) => new(Text(name), value);

    private static YamlNode Text(string text) => YamlNode.Scalar(default, text, isPlain: false);
}
