using Weft.Xds.Protocol;

namespace Weft.Control.Discovery.Serving;

/// <summary>One proxy as the control plane sees it.</summary>
/// <param name="NodeId">Its name in xDS.</param>
/// <param name="Connected">Its stream is open.</param>
/// <param name="Since">When it connected, or when it left.</param>
/// <param name="Version">The snapshot that its stream has now; null before the first.</param>
/// <param name="Types">State of every type that it asked for.</param>
public sealed record ProxyStatus(string NodeId, bool Connected, DateTimeOffset Since, string? Version, IReadOnlyList<AdsTypeStatus> Types)
{
    /// <summary>It has accepted the newest of everything that it asked for.</summary>
    public bool Synced => Connected && Types.Count > 0 && Types.All(type => type.State == AdsSyncState.Acknowledged);

    /// <summary>What it refused, in its own words.</summary>
    public IReadOnlyList<string> Errors => [.. Types.Where(type => type.Error is not null).Select(type => $"{Weft.Xds.XdsTypeUrls.ShortName(type.TypeUrl)}: {type.Error}")];
}
