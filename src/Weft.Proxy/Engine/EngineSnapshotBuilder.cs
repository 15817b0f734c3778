using Weft.Proxy.Clusters;
using Weft.Proxy.Configuration;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Transport;

namespace Weft.Proxy.Engine;

/// <summary>
/// Joins each new <see cref="ProxySnapshot"/> with the runtime state keyed by name: sockets of listeners, counters of clusters, TLS
/// contexts. What did not change keeps its objects. Used under the engine's publish lock, never by a worker.
/// </summary>
internal sealed class EngineSnapshotBuilder(int concurrency, InheritedListeners? inherited, bool openSslRecords)
{
    private readonly TlsContexts _tls = new(openSslRecords);
    private Dictionary<string, ClusterRuntime> _clusters = [];
    private Dictionary<string, ListenerRuntime> _listeners = [];
    private int _nextClusterId;

    /// <summary>The addresses that listeners of the last snapshot are bound to.</summary>
    public IReadOnlyDictionary<string, ListenerRuntime> Listeners => _listeners;

    public IReadOnlyDictionary<string, ClusterRuntime> Clusters => _clusters;

    /// <summary>See <see cref="EngineOptions.SharesAddresses"/>.</summary>
    public bool SharesAddresses { get; set; }

    /// <summary>Builds the runtime form; what cannot be opened is named in <paramref name="errors"/> and left out.</summary>
    public EngineSnapshot Build(ProxySnapshot model, List<string> errors)
    {
        _tls.Begin(model.Secrets, errors);
        Dictionary<string, ClusterRuntime> clusters = BuildClusters(model);
        Dictionary<string, ListenerRuntime> listeners = BuildListeners(model, errors);
        var byDestination = new Dictionary<NetworkAddress, ListenerRuntime>();
        var bound = new List<ListenerRuntime>();
        foreach (ListenerRuntime listener in listeners.Values)
        {
            if (listener.Model.BindToPort) bound.Add(listener);
            else if (!listener.Model.IsInternal) byDestination[listener.Model.Address] = listener;
        }

        _clusters = clusters;
        _listeners = listeners;
        return new EngineSnapshot
        {
            Version = model.Version,
            RouteTables = model.RouteTables,
            Clusters = clusters,
            Listeners = listeners,
            Bound = bound,
            ByDestination = byDestination,
        };
    }

    private Dictionary<string, ClusterRuntime> BuildClusters(ProxySnapshot model)
    {
        var result = new Dictionary<string, ClusterRuntime>(model.Clusters.Count, StringComparer.Ordinal);
        foreach ((string name, ClusterModel cluster) in model.Clusters)
        {
            WorkPace.GiveWay();
            _clusters.TryGetValue(name, out ClusterRuntime? old);
            if (old is not null && ReferenceEquals(old.Model, cluster) && !_tls.Changed(cluster))
            {
                result[name] = old;
                continue;
            }

            ClusterState state = old?.State ?? new ClusterState(name, _nextClusterId++);
            result[name] = new ClusterRuntime(cluster, state, _tls);
        }

        foreach ((string name, ClusterRuntime old) in _clusters)
        {
            if (!result.ContainsKey(name)) old.State.IsRemoved = true;
        }

        return result;
    }

    private Dictionary<string, ListenerRuntime> BuildListeners(ProxySnapshot model, List<string> errors)
    {
        var result = new Dictionary<string, ListenerRuntime>(StringComparer.Ordinal);
        var addresses = new Dictionary<NetworkAddress, string>();
        foreach (ListenerModel listener in model.Listeners)
        {
            // The kernel would let both listen (SO_REUSEPORT) and give each a share of the connections.
            if (listener.BindToPort && listener.Address.Port != 0 && !addresses.TryAdd(listener.Address, listener.Name))
            {
                errors.Add($"Listener '{listener.Name}' cannot listen on {listener.Address}: listener '{addresses[listener.Address]}' does already.");
                continue;
            }

            _listeners.TryGetValue(listener.Name, out ListenerRuntime? old);
            if (old is not null && ReferenceEquals(old.Model, listener) && !_tls.Changed(listener))
            {
                result[listener.Name] = old;
                continue;
            }

            ListenerState? state = old is not null && old.Model.Address == listener.Address && old.Model.BindToPort == listener.BindToPort
                ? old.State
                : ListenerState.Open(listener, concurrency, SharesAddresses, inherited, errors);
            if (state is null)
            {
                // The address cannot be had: what was in force under this name stays in force.
                if (old is not null) result[listener.Name] = old;
                continue;
            }

            result[listener.Name] = new ListenerRuntime(listener, state, _tls, concurrency);
        }

        // Sockets that a worker never saw would go on taking connections that nobody accepts.
        foreach (ListenerRuntime old in _listeners.Values)
        {
            if (!result.TryGetValue(old.Model.Name, out ListenerRuntime? now) || !ReferenceEquals(now.State, old.State)) old.State.CloseUnclaimed();
        }

        return result;
    }
}
