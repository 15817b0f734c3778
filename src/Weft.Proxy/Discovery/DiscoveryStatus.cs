using Weft.Xds.Protocol;

namespace Weft.Proxy.Discovery;

/// <summary>How discovery stands, for the admin server. Immutable.</summary>
/// <param name="IsConnected">Whether a stream is open on which something was received.</param>
/// <param name="Since">Since when that is so.</param>
/// <param name="LastError">Why the last stream ended; null when none has ended badly.</param>
/// <param name="Attempts">Streams opened so far.</param>
/// <param name="Types">Each resource type's state.</param>
public sealed record DiscoveryStatus(
    bool IsConnected,
    DateTimeOffset Since,
    string? LastError,
    long Attempts,
    IReadOnlyList<AdsClientTypeStatus> Types);
