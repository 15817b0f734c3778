using System.Collections.Immutable;
using Google.Protobuf;

namespace Weft.Control.Configuration;

/// <summary>One valid configuration object with its typed body, as the snapshot reads it. The body is never changed in place.</summary>
/// <typeparam name="TSpec">The message of its kind.</typeparam>
public sealed record ConfigResource<TSpec>(string Namespace, string Name, TSpec Spec)
    where TSpec : class, IMessage
{
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>For "the oldest wins"; objects from files without one share the minimum and fall back to their names.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary><c>namespace/name</c>.</summary>
    public string FullName => $"{Namespace}/{Name}";
}
