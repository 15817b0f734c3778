using System.Collections.Immutable;
using Weft.Resources;

namespace Weft.Control.Configuration;

/// <summary>What a source holds at one moment: the objects in force and every finding about what it was given.</summary>
/// <param name="Objects">Valid objects, one for each key; for an object whose newest text is broken, its last good version.</param>
/// <param name="Diagnostics">All findings of the newest reading.</param>
public sealed record SourceState(ImmutableArray<ResourceObject> Objects, ImmutableArray<Diagnostic> Diagnostics)
{
    public static SourceState Empty { get; } = new([], []);
}
