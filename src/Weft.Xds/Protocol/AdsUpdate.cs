namespace Weft.Xds.Protocol;

/// <summary>What one response changes: already reduced to what is new for this client.</summary>
/// <param name="TypeUrl">The resource type.</param>
/// <param name="Version">The server's version of the whole response, for status.</param>
/// <param name="Resources">New and changed resources, each name once.</param>
/// <param name="Removed">Names that are gone, or that do not exist though they were asked for.</param>
public sealed record AdsUpdate(
    string TypeUrl,
    string Version,
    IReadOnlyList<ReceivedResource> Resources,
    IReadOnlyList<string> Removed);
