namespace Weft.Control.Hosting;

/// <summary>One proxy for <c>weft status</c>.</summary>
/// <param name="NodeId">Its name in xDS.</param>
/// <param name="Connected">Its stream is open.</param>
/// <param name="Synced">It has accepted the newest of everything.</param>
/// <param name="Version">The snapshot that it was given last.</param>
/// <param name="Errors">What it refused, in its own words.</param>
/// <param name="Types">Each resource type and how far the proxy is with it.</param>
public sealed record ProxyReply(
    string NodeId, bool Connected, bool Synced, string? Version, IReadOnlyList<string> Errors, IReadOnlyList<ProxyTypeReply> Types);
