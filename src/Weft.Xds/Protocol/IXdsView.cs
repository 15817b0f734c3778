namespace Weft.Xds.Protocol;

/// <summary>
/// What one node should have, at one moment: an immutable answer to every question that its stream can ask. A view may
/// make resources as they are asked for, but the same question always has the same answer.
/// </summary>
public interface IXdsView
{
    /// <summary>Identifies the view, for <c>version_info</c>, logs and status.</summary>
    string Version { get; }

    /// <summary>Every resource of a type that a wildcard subscription covers.</summary>
    /// <param name="typeUrl">A full type URL; for an unknown one the answer is empty.</param>
    IReadOnlyCollection<XdsResource> All(string typeUrl);

    /// <summary>The resource of a name, or null when there is none.</summary>
    /// <param name="typeUrl">A full type URL; for an unknown one the answer is null.</param>
    /// <param name="name">The exact name.</param>
    XdsResource? Find(string typeUrl, string name);
}
