using Google.Protobuf;
using Kubernetes.Meta.V1;
using Weft.Resources.Diagnostics;
using Weft.Resources.Validation;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>Makes objects of documents: finds the kind, decodes metadata and body, expands lists, and has the result checked.</summary>
internal sealed class ObjectReader(DiagnosticSink sink)
{
    private const string DefaultNamespace = "default";
    private static readonly HashSet<string> NotBody = ["apiVersion", "kind", "metadata", "status"];
    private readonly MessageDecoder decoder = new(sink);

    /// <summary>Reads the object or objects of a document. One with a key written twice is read, but not valid: which value counts is open.</summary>
    public void ReadDocument(YamlDocument document, List<ResourceObject> objects)
    {
        int before = objects.Count;
        if (document.Duplicates.Count > 0)
        {
            sink.Subject = Subject(document.Root);
            foreach (DuplicateKey duplicate in document.Duplicates)
                duplicate.Report(sink);
        }
        ReadNode(document.Root, objects);
        for (int i = before; i < objects.Count && document.Duplicates.Count > 0; i++)
            objects[i].IsValid = false;
    }

    private static (string? Kind, string? Namespace, string? Name) Subject(YamlNode root)
    {
        if (MeshConfigReader.IsMeshConfig(root))
            return MeshConfigReader.Subject;
        YamlNode? metadata = root.Find("metadata");
        return (root.Find("kind")?.Text, metadata?.Find("namespace")?.Text ?? (metadata is null ? null : DefaultNamespace), metadata?.Find("name")?.Text);
    }

    private void ReadNode(YamlNode document, List<ResourceObject> objects)
    {
        if (document.Kind == NodeKind.Sequence)
        {
            foreach (YamlNode item in document.Items)
                ReadNode(item, objects);
            return;
        }
        if (document.Kind != NodeKind.Mapping)
        {
            sink.Report(
                ReadingDiagnostics.NotAnObject, document.Position, "The document is a single value, not an object.",
                "An object begins with apiVersion, kind and metadata.");
            return;
        }
        if (MeshConfigReader.IsMeshConfig(document))
        {
            MeshConfigReader.ReadMesh(document, sink, objects);
            return;
        }
        if (document.Find("kind") is { Text: { } kind } && kind.EndsWith("List", StringComparison.Ordinal) && document.Find("items") is { Kind: NodeKind.Sequence } items)
        {
            foreach (YamlNode item in items.Items)
                ReadNode(item, objects);
            return;
        }
        if (FindKind(document) is { } definition)
            ReadObject(document, definition, objects);
    }

    private void ReadObject(YamlNode document, KindDefinition definition, List<ResourceObject> objects)
    {
        int errors = sink.Errors;
        ResourceMetadata metadata = Metadata(document, definition);
        sink.Subject = (definition.Name, definition.IsNamespaced ? metadata.Namespace : null, metadata.Name.Length == 0 ? null : metadata.Name);
        IMessage spec = Body(document, definition);
        ResourceObject read = new(definition, document.Find("apiVersion")!.Text, metadata, spec, document, sink.File);
        ResourceValidator.Validate(read, sink);
        read.IsValid = sink.Errors == errors;
        objects.Add(read);
        if (!definition.IsEnforced)
        {
            sink.Report(
                ReadingDiagnostics.NotEnforcedYet, document.Position, $"{definition.Name} is read and checked, but this release does not act on it yet.",
                "Do not count on its effect.");
        }
        if (definition.Name == "ConfigMap" && metadata.Name == MeshConfigReader.ConfigMapName)
            MeshConfigReader.ReadConfigMap(document, metadata, sink, objects);
        sink.Subject = default;
    }

    private IMessage Body(YamlNode document, KindDefinition definition)
    {
        IMessage spec = definition.Body.Parser.ParseFrom(ByteString.Empty);
        if (!definition.HasSpec)
        {
            decoder.Decode(document, spec, FieldPath.Root, NotBody);
            return spec;
        }
        foreach (YamlEntry entry in document.Entries)
        {
            if (entry.Key.Text != "spec" && !NotBody.Contains(entry.Key.Text))
            {
                string hint = FieldNames.Of(definition.Body).Find(entry.Key.Text) is not null
                    ? "It belongs under spec: check the indentation."
                    : "Fields here: apiVersion, kind, metadata, spec.";
                sink.Report(FieldDiagnostics.UnknownField, entry.Key.Position, $"{definition.Name} has no field \"{entry.Key.Text}\" at its top level.", hint);
            }
        }
        if (document.Find("spec") is { IsNull: false } body)
            decoder.Decode(body, spec, FieldPath.Root.Field("spec"));
        return spec;
    }

    private ResourceMetadata Metadata(YamlNode document, KindDefinition definition)
    {
        ObjectMeta message = new();
        if (document.Find("metadata") is { IsNull: false } node)
        {
            sink.Subject = (definition.Name, definition.IsNamespaced ? node.Find("namespace")?.Text ?? DefaultNamespace : null, node.Find("name")?.Text);
            decoder.Decode(node, message, FieldPath.Root.Field("metadata"));
        }
        string space = !definition.IsNamespaced ? "" : message.Namespace.Length == 0 ? DefaultNamespace : message.Namespace;
        return new ResourceMetadata { Name = message.Name, Namespace = space, Message = message };
    }

    private KindDefinition? FindKind(YamlNode document)
    {
        YamlNode? apiVersion = document.Find("apiVersion"), kind = document.Find("kind");
        sink.Subject = (kind?.Text, document.Find("metadata")?.Find("namespace")?.Text, document.Find("metadata")?.Find("name")?.Text);
        if (apiVersion is not { Kind: NodeKind.Scalar, Text.Length: > 0 } || kind is not { Kind: NodeKind.Scalar, Text.Length: > 0 })
        {
            string missing = apiVersion is not { Kind: NodeKind.Scalar, Text.Length: > 0 } ? "apiVersion" : "kind";
            sink.Report(ReadingDiagnostics.MissingKind, document.Position, $"The document has no {missing}.", MissingKindHint(kind));
            return null;
        }
        int slash = apiVersion.Text.LastIndexOf('/');
        string group = slash < 0 ? "" : apiVersion.Text[..slash], version = apiVersion.Text[(slash + 1)..];
        if (KindCatalog.Find(group, kind.Text) is { } definition && definition.Group != KindCatalog.Mesh)
        {
            if (definition.Versions.Contains(version))
                return definition;
            sink.Report(
                ReadingDiagnostics.UnknownVersion, apiVersion.Position, $"{kind.Text} has no version \"{version}\" in {(group.Length == 0 ? "the core group" : group)}.",
                $"Write apiVersion: {definition.ApiVersion}.");
            return null;
        }
        if (ForeignKinds.IsKnown(group, kind.Text))
        {
            sink.Report(
                ReadingDiagnostics.NotSupportedYet, kind.Position, $"{kind.Text} ({apiVersion.Text}) is not read by this release and was passed over.",
                ForeignKinds.IsMeshKind(group) ? "Until it is, say the same with VirtualService and Gateway of networking.istio.io." : null);
            return null;
        }
        sink.Report(ReadingDiagnostics.UnknownKind, kind.Position, $"There is no kind \"{kind.Text}\" in {apiVersion.Text}.", UnknownKindHint(kind.Text, group));
        return null;
    }

    private static string MissingKindHint(YamlNode? kind) =>
        kind is not null && KindCatalog.All.FirstOrDefault(k => k.Name == kind.Text) is { } known
            ? $"Write apiVersion: {known.ApiVersion}."
            : "An object begins with apiVersion, kind and metadata, for example apiVersion: networking.istio.io/v1 and kind: VirtualService.";

    private static string UnknownKindHint(string kind, string group)
    {
        KindDefinition[] readable = [.. KindCatalog.All.Where(k => k.Group != KindCatalog.Mesh)];
        if (readable.FirstOrDefault(k => k.Name == kind) is { } elsewhere)
            return $"Did you mean apiVersion: {elsewhere.ApiVersion}?";
        if (EditDistance.Nearest(kind, readable.Select(k => k.Name)) is { } near)
            return $"Did you mean {near}?";
        string[] inGroup = [.. readable.Where(k => k.Group == group).Select(k => k.Name)];
        return inGroup.Length > 0 ? $"Kinds of {(group.Length == 0 ? "the core group" : group)}: {string.Join(", ", inGroup)}." : "See docs/diagnostics for the kinds that can be read.";
    }
}
