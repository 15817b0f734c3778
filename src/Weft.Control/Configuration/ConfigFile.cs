using System.Collections.Immutable;
using Weft.Resources;

namespace Weft.Control.Configuration;

/// <summary>One file as it was last read.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Stamp">Tells whether it has changed: size and time of its last change; null when it could not be read.</param>
/// <param name="InForce">Its objects, each in its last good version.</param>
/// <param name="Diagnostics">Findings of the newest reading.</param>
internal sealed record ConfigFile(string Path, (long Length, DateTime Changed)? Stamp, ImmutableArray<ResourceObject> InForce, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Objects that the newest reading did not find and that are not taken for deleted yet.</summary>
    public ImmutableArray<ResourceObject> Missed { get; init; } = [];

    /// <summary>When the file, as its stamp says it is, was first read without <see cref="Missed"/>: a timestamp of the clock.</summary>
    public long MissedSince { get; init; }

    /// <summary>
    /// True when the file had changed so shortly before it was read that a further change need not show in its stamp: file systems count
    /// time in steps of some milliseconds.
    /// </summary>
    public bool IsFresh { get; init; }

    /// <summary>A digest of a fresh file's bytes, by which another reading knows that nothing has changed after all.</summary>
    public string Digest { get; init; } = "";
}
