using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Serving;

/// <summary>A snapshot with the version under which it is pushed.</summary>
/// <param name="Version">Ordered and unique over restarts: start time and a counter.</param>
/// <param name="Snapshot">The mesh.</param>
public sealed record PublishedSnapshot(string Version, MeshSnapshot Snapshot);
