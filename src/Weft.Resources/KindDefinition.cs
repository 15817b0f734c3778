using Google.Protobuf.Reflection;

namespace Weft.Resources;

/// <summary>What is known of one kind: its names, the versions it is served in, its schema, and whether this release enforces it.</summary>
/// <param name="Group">API group; empty for Kubernetes' core kinds.</param>
/// <param name="Name">The kind as written in YAML.</param>
/// <param name="Plural">Plural for commands and URLs.</param>
/// <param name="ShortNames">Abbreviations for commands, as in kubectl.</param>
/// <param name="Versions">Served versions, the preferred one first. All have the same schema.</param>
/// <param name="Body">Schema of the body.</param>
public sealed record KindDefinition(string Group, string Name, string Plural, string[] ShortNames, string[] Versions, MessageDescriptor Body)
{
    /// <summary>True when the body stands under <c>spec</c>; false when it is the document itself, without its metadata.</summary>
    public bool HasSpec { get; init; } = true;

    /// <summary>True when the running mesh acts on objects of this kind; others are read, checked and kept.</summary>
    public bool IsEnforced { get; init; } = true;

    /// <summary>True when objects of this kind live in a namespace.</summary>
    public bool IsNamespaced { get; init; } = true;

    /// <summary><c>group/version</c> as it stands in <c>apiVersion</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Versions[0] : $"{Group}/{Versions[0]}";
}
