using System.Collections.Frozen;

namespace Weft.Proxy.Model;

/// <summary>
/// Everything that the workers need to know, immutable. The configuration side builds a new one for every change and hands it to
/// <c>Engine.ProxyEngine.Publish</c>; each worker swaps its reference between two events. Parts that did not change must be the
/// same objects as in the previous snapshot: a worker compares references, and the runtime state that hangs on a name (sockets,
/// pools, counters) is touched only where the reference differs.
/// </summary>
public sealed class ProxySnapshot
{
    /// <summary>Names of secrets that this process is to read from files.</summary>
    public IReadOnlySet<string> SecretFiles { get; init; } = FrozenSet<string>.Empty;

    /// <summary>A snapshot with nothing in it: no listeners, no clusters.</summary>
    public static ProxySnapshot Empty { get; } = new() { Version = 0 };

    /// <summary>Grows by at least one with each snapshot of a process.</summary>
    public required long Version { get; init; }

    /// <summary>The listeners, by unique name.</summary>
    public IReadOnlyList<ListenerModel> Listeners { get; init; } = [];

    /// <summary>The clusters by name.</summary>
    public FrozenDictionary<string, ClusterModel> Clusters { get; init; } = FrozenDictionary<string, ClusterModel>.Empty;

    /// <summary>The route tables (RDS) by name. A connection manager that names an absent one answers 404, as Envoy does.</summary>
    public FrozenDictionary<string, RouteTableModel> RouteTables { get; init; } = FrozenDictionary<string, RouteTableModel>.Empty;

    /// <summary>The secrets (SDS) by name. A TLS context that names an absent one refuses connections until it arrives.</summary>
    public FrozenDictionary<string, SecretModel> Secrets { get; init; } = FrozenDictionary<string, SecretModel>.Empty;
}
