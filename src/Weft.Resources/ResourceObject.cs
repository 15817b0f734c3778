using Google.Protobuf;
using Weft.Resources.Yaml;

namespace Weft.Resources;

/// <summary>
/// One object of the configuration, read from a document. Immutable by convention: nobody writes to <see cref="Spec"/>
/// after the reader has handed it out, so it may be shared between threads.
/// </summary>
public sealed class ResourceObject
{
    internal ResourceObject(KindDefinition definition, string apiVersion, ResourceMetadata metadata, IMessage spec, YamlNode root, string? file)
    {
        Definition = definition;
        ApiVersion = apiVersion;
        Metadata = metadata;
        Spec = spec;
        Root = root;
        File = file;
        Positions = new FieldPositions(root);
    }

    public KindDefinition Definition { get; }

    /// <summary>As written: <c>networking.istio.io/v1</c>.</summary>
    public string ApiVersion { get; }

    public string Group => Definition.Group;

    public string Kind => Definition.Name;

    public ResourceMetadata Metadata { get; }

    /// <summary>The object's namespace, <c>default</c> when none is written; empty for kinds without one.</summary>
    public string Namespace => Metadata.Namespace;

    public string Name => Metadata.Name;

    public IReadOnlyDictionary<string, string> Labels => Metadata.Labels;

    public IReadOnlyDictionary<string, string> Annotations => Metadata.Annotations;

    /// <summary>When the object was made; null when the document does not say. Decides conflicts: the oldest wins.</summary>
    public DateTimeOffset? CreationTimestamp => Metadata.CreationTimestamp;

    public ResourceKey Key => new(Group, Kind, Namespace, Name);

    /// <summary>The typed body: <see cref="KindDefinition.Body"/> says of which type.</summary>
    public IMessage Spec { get; }

    /// <summary>False when something about it is an error: it must not be taken into force.</summary>
    public bool IsValid { get; internal set; } = true;

    /// <summary>The file as the caller named it; null when it did not come from one.</summary>
    public string? File { get; }

    public int Line => Root.Position.Line;

    public int Column => Root.Position.Column;

    /// <summary>Places of fields, by path.</summary>
    public FieldPositions Positions { get; }

    /// <summary>The document as it was written, for printing.</summary>
    public YamlNode Root { get; }

    public override string ToString() => Key.ToString();
}
