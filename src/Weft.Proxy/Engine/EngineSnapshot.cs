using System.Collections.Frozen;
using Weft.Proxy.Clusters;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;

namespace Weft.Proxy.Engine;

/// <summary>
/// A <see cref="ProxySnapshot"/> joined with the runtime state that outlives it. Built beside the workers by
/// <see cref="EngineSnapshotBuilder"/>, immutable, shared by all workers.
/// </summary>
internal sealed class EngineSnapshot
{
    public static EngineSnapshot Empty { get; } = new();

    public long Version { get; init; } = -1;

    public FrozenDictionary<string, RouteTableModel> RouteTables { get; init; } = FrozenDictionary<string, RouteTableModel>.Empty;

    public IReadOnlyDictionary<string, ClusterRuntime> Clusters { get; init; } = new Dictionary<string, ClusterRuntime>();

    /// <summary>Every listener by name.</summary>
    public IReadOnlyDictionary<string, ListenerRuntime> Listeners { get; init; } = new Dictionary<string, ListenerRuntime>();

    /// <summary>The listeners with sockets.</summary>
    public IReadOnlyList<ListenerRuntime> Bound { get; init; } = [];

    /// <summary>Listeners without sockets, by the original destination that they serve.</summary>
    public IReadOnlyDictionary<NetworkAddress, ListenerRuntime> ByDestination { get; init; } = new Dictionary<NetworkAddress, ListenerRuntime>();

    /// <summary>The listener whose socket state this is, or null when it is gone.</summary>
    public ListenerRuntime? FindBound(ListenerState state) =>
        Listeners.TryGetValue(state.Name, out ListenerRuntime? listener) && ReferenceEquals(listener.State, state) ? listener : null;

    /// <summary>True when this very configuration of a listener is in force. A new certificate alone makes no other configuration.</summary>
    public bool HasModel(ListenerModel? model) =>
        model is not null && Listeners.TryGetValue(model.Name, out ListenerRuntime? listener) && ReferenceEquals(listener.Model, model);

    /// <summary>True when every listener of the older snapshot is in force unchanged.</summary>
    public bool HasSameListeners(EngineSnapshot older)
    {
        foreach (ListenerRuntime listener in older.Listeners.Values)
        {
            if (!HasModel(listener.Model)) return false;
        }

        return true;
    }

    /// <summary>The listener that serves an original destination: the exact address first, then the wildcard with its port.</summary>
    public ListenerRuntime? FindByDestination(in NetworkAddress destination)
    {
        if (ByDestination.TryGetValue(destination, out ListenerRuntime? listener)) return listener;
        NetworkAddress any = destination.IsV4
            ? NetworkAddress.FromV4(0, destination.Port)
            : NetworkAddress.FromV6(stackalloc byte[16], destination.Port);
        if (ByDestination.TryGetValue(any, out listener)) return listener;
        return destination.IsV4 && ByDestination.TryGetValue(NetworkAddress.FromV6(stackalloc byte[16], destination.Port), out listener)
            ? listener
            : null;
    }
}
