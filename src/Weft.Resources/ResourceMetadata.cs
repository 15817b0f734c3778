using Kubernetes.Meta.V1;

namespace Weft.Resources;

/// <summary>The metadata of an object, with defaults applied.</summary>
public sealed class ResourceMetadata
{
    public required string Name { get; init; }

    public required string Namespace { get; init; }

    public IReadOnlyDictionary<string, string> Labels => Message.Labels;

    public IReadOnlyDictionary<string, string> Annotations => Message.Annotations;

    public DateTimeOffset? CreationTimestamp => Message.CreationTimestamp?.ToDateTimeOffset();

    /// <summary>Everything that was written under <c>metadata</c>.</summary>
    public required ObjectMeta Message { get; init; }
}
