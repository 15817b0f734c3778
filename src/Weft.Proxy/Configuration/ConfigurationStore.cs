using System.Collections.Frozen;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Weft.Proxy.Configuration.Compilation;
using Weft.Proxy.Model;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Configuration;

/// <summary>
/// Everything that the proxy was given, static and discovered, in its last good version; makes the snapshots that the
/// workers read. Thread-safe.
/// </summary>
/// <remarks>
/// <para>A resource that refers to others warms until they are there, and what was in force before serves meanwhile: a
/// cluster waits for its endpoints, a listener for its routes. Parts that did not change are the same objects in the next
/// snapshot, which is how the engine knows what to leave alone.</para>
/// <para>Source: xDS protocol, "resource warming"; Envoy's per-resource acceptance.</para>
/// </remarks>
public sealed class ConfigurationStore
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ResourceTable<Cluster, CompiledCluster, ClusterModel> _clusters;
    private readonly ResourceTable<ClusterLoadAssignment, EndpointSetModel, EndpointSetModel> _endpoints;
    private readonly ResourceTable<Listener, ListenerModel, ListenerModel> _listeners;
    private readonly ResourceTable<RouteConfiguration, RouteTableModel, RouteTableModel> _routes;
    private readonly ResourceTable<Secret, SecretModel, SecretModel> _secrets;
    private readonly HashSet<string> _absentEndpoints = new(StringComparer.Ordinal);
    private readonly HashSet<string> _absentRoutes = new(StringComparer.Ordinal);
    private FrozenDictionary<string, SecretModel> _localSecrets = FrozenDictionary<string, SecretModel>.Empty;
    private ProxySnapshot _snapshot = ProxySnapshot.Empty;
    private DependentNames? _names;
    private DependentNames? _keptFor;
    private bool _isChanged = true;

    /// <summary>An empty store.</summary>
    /// <param name="time">The clock for "last updated".</param>
    public ConfigurationStore(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _clusters = new(XdsTypeUrls.Cluster, Cluster.Parser, ClusterCompiler.Compile, c => c.Name, time);
        _endpoints = new(
            XdsTypeUrls.Endpoint, ClusterLoadAssignment.Parser, (m, _, version, scope) => EndpointCompiler.Compile(m, version, false, scope), e => e.ClusterName, time);
        _listeners = new(XdsTypeUrls.Listener, Listener.Parser, (m, _, version, scope) => ListenerCompiler.Compile(m, version, scope), l => l.Name, time);
        _routes = new(XdsTypeUrls.Route, RouteConfiguration.Parser, (m, _, version, scope) => RouteCompiler.Compile(m, version, scope), r => r.Name, time, RouteCompiler.Compile);
        _secrets = new(XdsTypeUrls.Secret, Secret.Parser, (m, _, version, scope) => SecretCompiler.Compile(m, version, scope), s => s.Name, time);
    }

    /// <summary>Applies what discovery received.</summary>
    /// <param name="update">One response's changes.</param>
    /// <returns>The resources that were refused, with why; their last good versions stay in force.</returns>
    public IReadOnlyList<ResourceRefusal> Apply(AdsUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        var refusals = new List<ResourceRefusal>();
        lock (_lock)
        {
            foreach (var resource in update.Resources)
            {
                WorkPace.GiveWay();
                if (Apply(update.TypeUrl, resource) is { } refusal)
                {
                    refusals.Add(refusal);
                }
            }

            foreach (var name in update.Removed)
            {
                Remove(update.TypeUrl, name);
            }

            _isChanged |= update.Resources.Count + update.Removed.Count > 0;
        }

        return refusals;
    }

    /// <summary>Sets the secrets that this process made itself: its own certificate and the roots of the mesh.</summary>
    /// <param name="secrets">All of them; they hide discovered ones of the same name.</param>
    public void SetLocalSecrets(FrozenDictionary<string, SecretModel> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        lock (_lock)
        {
            _isChanged |= !ReferenceEquals(_localSecrets, secrets);
            _localSecrets = secrets;
            _names = null;
        }
    }

    /// <summary>The names to subscribe to, given what was accepted: endpoints, routes and secrets. The same object until they may be others.</summary>
    public DependentNames Names()
    {
        lock (_lock)
        {
            if (_names is null || _clusters.HasNews || _listeners.HasNews)
            {
                _names = NamesOfNow();
            }

            return _names;
        }
    }

    /// <summary>The snapshot of now: a new one when something changed since the last call, else the same.</summary>
    public ProxySnapshot Snapshot()
    {
        lock (_lock)
        {
            if (!_isChanged)
            {
                return _snapshot;
            }

            _isChanged = false;
            var names = Warm();
            _snapshot = new ProxySnapshot
            {
                Version = _snapshot.Version + 1,
                Clusters = _clusters.InForce,
                RouteTables = _routes.InForce,
                Secrets = Secrets(),
                SecretFiles = names.Files,
                Listeners = [.. _listeners.Slots.Where(s => s.InForce is not null).Select(s => s.InForce!)],
            };
            return _snapshot;
        }
    }

    /// <summary>The state of every resource, by type in push order and then by name. Private keys are in the bodies of secrets.</summary>
    public IReadOnlyList<ResourceState> Report()
    {
        lock (_lock)
        {
            return
            [
                .. _clusters.Slots.Select(s => s.State(XdsTypeUrls.Cluster)),
                .. _endpoints.Slots.Select(s => s.State(XdsTypeUrls.Endpoint)),
                .. _listeners.Slots.Select(s => s.State(XdsTypeUrls.Listener)),
                .. _routes.Slots.Select(s => s.State(XdsTypeUrls.Route)),
                .. _secrets.Slots.Select(s => s.State(XdsTypeUrls.Secret)),
            ];
        }
    }

    internal void AddStatic(string typeUrl, IMessage message, string name, CompileScope scope)
    {
        _names = null;
        switch (typeUrl)
        {
            case XdsTypeUrls.Cluster:
                _clusters.AddStatic((Cluster)message, name, scope);
                break;
            case XdsTypeUrls.Listener:
                _listeners.AddStatic((Listener)message, name, scope);
                break;
            default:
                _secrets.AddStatic((Secret)message, name, scope);
                break;
        }
    }

    private DependentNames NamesOfNow()
    {
        var endpoints = new HashSet<string>(_clusters.Slots.Count, StringComparer.Ordinal);
        var clusters = new List<ClusterModel>();
        foreach (var slot in _clusters.Slots)
        {
            WorkPace.GiveWay();
            if (slot.Accepted is { } accepted)
            {
                clusters.Add(accepted.Model);
                if (accepted.EndpointName is not null)
                {
                    endpoints.Add(accepted.EndpointName);
                }
            }

            if (slot.IsWarming && slot.InForce is { } inForce)
            {
                clusters.Add(inForce);
                if (slot.InForceSource?.EndpointName is { } name)
                {
                    endpoints.Add(name);
                }
            }
        }

        return DependentNames.Of(
            endpoints, clusters, _listeners.Slots.SelectMany(s => new[] { s.Accepted, s.InForce }), name => _localSecrets.ContainsKey(name) || _secrets.Find(name) is { IsStatic: true });
    }

    private FrozenDictionary<string, SecretModel> Secrets()
    {
        if (_localSecrets.Count == 0)
        {
            return _secrets.InForce;
        }

        var secrets = new Dictionary<string, SecretModel>(_secrets.InForce, StringComparer.Ordinal);
        foreach (var (name, secret) in _localSecrets)
        {
            secrets[name] = secret;
        }

        return secrets.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private ResourceRefusal? Apply(string typeUrl, ReceivedResource resource)
    {
        switch (typeUrl)
        {
            case XdsTypeUrls.Cluster:
                return _clusters.Apply(resource);
            case XdsTypeUrls.Endpoint:
                _absentEndpoints.Remove(resource.Name);
                return _endpoints.Apply(resource);
            case XdsTypeUrls.Listener:
                return _listeners.Apply(resource);
            case XdsTypeUrls.Route:
                _absentRoutes.Remove(resource.Name);
                return _routes.Apply(resource);
            case XdsTypeUrls.Secret:
                return _secrets.Apply(resource);
            default:
                return new ResourceRefusal(resource.Name, $"weft-proxy did not ask for `{typeUrl}`.");
        }
    }

    private void Remove(string typeUrl, string name)
    {
        switch (typeUrl)
        {
            case XdsTypeUrls.Cluster:
                _clusters.Remove(name);
                break;
            case XdsTypeUrls.Endpoint:
                // The server says that there are none: the cluster need not wait, and has no endpoints.
                _endpoints.Remove(name);
                _endpoints.HasNews |= _absentEndpoints.Add(name);
                break;
            case XdsTypeUrls.Listener:
                _listeners.Remove(name);
                break;
            case XdsTypeUrls.Route:
                // Routes that a listener still names stay in force, as in Envoy; a listener that waits need not wait on.
                _routes.HasNews |= _absentRoutes.Add(name);
                break;
            case XdsTypeUrls.Secret:
                _secrets.Remove(name);
                break;
        }
    }

    /// <summary>Puts in force what has all that it refers to, and forgets what nothing refers to. Returns what is referred to.</summary>
    private DependentNames Warm()
    {
        PutAll(_secrets);
        PutAll(_routes);
        PutAll(_endpoints);
        // Names that only what was in force before refers to are no longer referred to.
        var isOther = _clusters.HasNews || _listeners.HasNews;
        if (_clusters.HasNews || _endpoints.HasNews)
        {
            foreach (var cluster in _clusters.Slots)
            {
                WorkPace.GiveWay();
                isOther |= Warm(cluster);
            }
        }

        if (_listeners.HasNews || _routes.HasNews)
        {
            foreach (var listener in _listeners.Slots)
            {
                if (listener.Accepted is { } accepted && DependentNames.RoutesOf(accepted).All(IsRouteKnown))
                {
                    isOther |= _listeners.Put(listener, accepted, accepted);
                }
            }
        }

        if (isOther || _names is null)
        {
            _names = NamesOfNow();
        }

        Forget(_names);
        (_clusters.HasNews, _endpoints.HasNews, _listeners.HasNews, _routes.HasNews, _secrets.HasNews) = (false, false, false, false, false);
        return _names;
    }

    /// <summary>What waits for nothing is in force at once.</summary>
    private static void PutAll<TMessage, TModel>(ResourceTable<TMessage, TModel, TModel> table)
        where TMessage : class, IMessage<TMessage>
        where TModel : class
    {
        if (!table.HasNews)
        {
            return;
        }

        foreach (var slot in table.Slots)
        {
            table.Put(slot, slot.Accepted, slot.Accepted);
        }
    }

    /// <summary>Drops what nothing refers to. Only other names, or resources that were not there before, can have left something.</summary>
    private void Forget(DependentNames names)
    {
        var isOther = !ReferenceEquals(names, _keptFor);
        _keptFor = names;
        if (isOther || _endpoints.HasNews)
        {
            _endpoints.KeepOnly(names.Endpoints);
            _absentEndpoints.IntersectWith(names.Endpoints);
        }

        if (isOther || _routes.HasNews)
        {
            _routes.KeepOnly(names.Routes);
            _absentRoutes.IntersectWith(names.Routes);
        }

        if (isOther || _secrets.HasNews)
        {
            _secrets.KeepOnly(names.Secrets);
        }
    }

    private bool IsRouteKnown(string name) => _routes.Find(name)?.Accepted is not null || _absentRoutes.Contains(name);

    /// <summary>Puts a cluster in force that has its endpoints. Returns whether it is another version than before.</summary>
    private bool Warm(ResourceSlot<CompiledCluster, ClusterModel> cluster)
    {
        if (cluster.Accepted is not { } accepted)
        {
            return false;
        }

        var endpoints = accepted.EndpointName is null ? accepted.Model.Endpoints
            : _endpoints.Find(accepted.EndpointName)?.Accepted ?? (_absentEndpoints.Contains(accepted.EndpointName) ? EndpointSetModel.Empty : null);
        if (endpoints is null)
        {
            return false;
        }

        if (!ReferenceEquals(accepted.Model.Endpoints, endpoints))
        {
            accepted.Model = accepted.Model.WithEndpoints(endpoints);
        }

        return _clusters.Put(cluster, accepted.Model, accepted);
    }
}
