using Google.Protobuf;
using Istio.Mesh.V1Alpha1;
using Kubernetes.Meta.V1;
using Weft.Resources.Diagnostics;
using Weft.Resources.Validation;
using Weft.Resources.Yaml;

namespace Weft.Resources.Decoding;

/// <summary>
/// Finds the mesh configuration in a document of its own or inside the ConfigMap <c>istio</c>. What stands inside a block
/// scalar is placed at its line of the file, so that a finding points at the text that a person sees.
/// </summary>
internal static class MeshConfigReader
{
    public const string ConfigMapName = "istio";
    private const string MeshKey = "mesh", NetworksKey = "meshNetworks", RootNamespace = "istio-system";

    /// <summary>What findings about a mesh configuration in a file of its own belong to.</summary>
    public static (string? Kind, string? Namespace, string? Name) Subject => (KindCatalog.MeshConfig.Name, RootNamespace, ConfigMapName);

    /// <summary>A document without apiVersion, kind and spec, with at least one field of the mesh configuration.</summary>
    public static bool IsMeshConfig(YamlNode document) =>
        document.Kind == NodeKind.Mapping
        && document.Find("apiVersion") is null && document.Find("kind") is null && document.Find("metadata") is null && document.Find("spec") is null
        && document.Entries.Any(e => FieldNames.Of(MeshConfig.Descriptor).Find(e.Key.Text) is not null);

    public static void ReadFile(IReadOnlyList<YamlDocument> documents, DiagnosticSink sink, List<ResourceObject> objects)
    {
        foreach (YamlDocument document in documents)
        {
            if (document.Root.Find("kind") is null && document.Root.Kind == NodeKind.Mapping)
                ReadMesh(document, sink, objects);
            else
                new ObjectReader(sink).ReadDocument(document, objects);
        }
        objects.RemoveAll(o => o.Group != KindCatalog.Mesh);
        if (objects.Count == 0 && sink.Errors == 0)
        {
            sink.Report(
                ReadingDiagnostics.NotAnObject, new SourcePosition(1, 1), "The file holds no mesh configuration.",
                "It holds fields such as trustDomain: cluster.local, or the ConfigMap istio with the key mesh.");
        }
    }

    public static void ReadMesh(YamlDocument document, DiagnosticSink sink, List<ResourceObject> objects)
    {
        sink.Subject = Subject;
        foreach (DuplicateKey duplicate in document.Duplicates)
            duplicate.Report(sink);
        ReadMesh(document.Root, sink, objects);
        objects[^1].IsValid &= document.Duplicates.Count == 0;
    }

    public static void ReadMesh(YamlNode document, DiagnosticSink sink, List<ResourceObject> objects) =>
        Add(document, KindCatalog.MeshConfig, Metadata(RootNamespace, new ObjectMeta()), sink, objects);

    public static void ReadConfigMap(YamlNode document, ResourceMetadata metadata, DiagnosticSink sink, List<ResourceObject> objects)
    {
        foreach ((string key, KindDefinition definition) in new[] { (MeshKey, KindCatalog.MeshConfig), (NetworksKey, KindCatalog.MeshNetworks) })
        {
            if (document.Find("data")?.Find(key) is not { Kind: NodeKind.Scalar, Text.Length: > 0 } block)
                continue;
            int errors = sink.Errors;
            if (YamlReader.ReadEmbedded(block, sink) is not { } root)
                continue;
            bool isWhole = sink.Errors == errors;
            Add(root, definition, Metadata(metadata.Namespace, metadata.Message), sink, objects);
            objects[^1].IsValid &= isWhole;
        }
    }

    private static void Add(YamlNode root, KindDefinition definition, ResourceMetadata metadata, DiagnosticSink sink, List<ResourceObject> objects)
    {
        int errors = sink.Errors;
        sink.Subject = (definition.Name, metadata.Namespace, metadata.Name);
        IMessage message = definition == KindCatalog.MeshConfig ? MeshDefaults.Create() : new MeshNetworks();
        new MessageDecoder(sink).Decode(root, message, FieldPath.Root);
        if (message is MeshConfig mesh)
            MeshDefaults.Complete(mesh);
        ResourceObject read = new(definition, definition.ApiVersion, metadata, message, root, sink.File);
        ResourceValidator.Validate(read, sink);
        read.IsValid = sink.Errors == errors;
        objects.Add(read);
        sink.Subject = default;
    }

    private static ResourceMetadata Metadata(string space, ObjectMeta message) => new() { Name = ConfigMapName, Namespace = space, Message = message };
}
