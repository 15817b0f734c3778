using Weft.Proxy.Engine;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Clusters;

/// <summary>One worker's view of a cluster: its endpoints with their pools, and the balancer over them.</summary>
internal sealed class WorkerCluster
{
    /// <summary>How many endpoints an original-destination cluster keeps before it drops unused ones.</summary>
    private const int DestinationsKept = 256;
    private readonly Worker _worker;
    private readonly Dictionary<NetworkAddress, WorkerEndpoint> _byAddress = [];
    private readonly List<WorkerEndpoint> _gone = [];
    private EndpointSetModel? _endpoints;
    private EndpointSelector _selector = EndpointSelector.None;
    private ClusterOutliers? _outliers;
    private int _outlierVersion;

    public WorkerCluster(Worker worker, ClusterRuntime runtime)
    {
        _worker = worker;
        Runtime = runtime;
        Telemetry = worker.Telemetry.Cluster(runtime.Model);
        if (runtime.Model.Discovery != ClusterDiscovery.OriginalDestination) Rebuild(runtime);
    }

    public ClusterRuntime Runtime { get; private set; }

    public ClusterTelemetry Telemetry { get; private set; }

    public ClusterModel Model => Runtime.Model;

    public ClusterState State => Runtime.State;

    /// <summary>Takes over a newer configuration or set of endpoints. Endpoints that stay keep their pools.</summary>
    public void Update(ClusterRuntime runtime)
    {
        if (ReferenceEquals(runtime, Runtime) && (ReferenceEquals(_endpoints, runtime.Endpoints) || _endpoints is null)) return;
        if (!ReferenceEquals(runtime, Runtime)) Telemetry = _worker.Telemetry.Cluster(runtime.Model);
        Runtime = runtime;
        if (runtime.Model.Discovery == ClusterDiscovery.OriginalDestination)
        {
            foreach (WorkerEndpoint endpoint in _byAddress.Values) endpoint.Update(endpoint.Model, runtime.TlsFor(endpoint.Model.Metadata));
            return;
        }

        Rebuild(runtime);
    }

    /// <summary>Whether equal requests should reach equal endpoints, so that a hash of the request is worth computing.</summary>
    public bool Hashes => Model.LoadBalancing is LoadBalancingPolicy.RingHash or LoadBalancingPolicy.Maglev;

    /// <summary>Chooses an endpoint for a client's connection, null when none may be used: what it dialled in an original-destination cluster, else by the balancer.</summary>
    public WorkerEndpoint? ChooseFor(ConnectionFacts facts, ulong? hash, ReadOnlySpan<WorkerEndpoint> tried, int reselections, ref TriedPriorities priorities)
    {
        if (_outliers is { } outliers && outliers.VersionAt(_worker.Clock.NowMs) is var version && version != _outlierVersion)
        {
            _outlierVersion = version;
            outliers.CountActive(Telemetry.Stats);
            _selector = EndpointSelector.Build(Model, _endpoints!, _byAddress, _worker.Random);
        }

        if (Model.Discovery != ClusterDiscovery.OriginalDestination)
        {
            WorkerEndpoint? chosen = _selector.Choose(_worker.Random, hash, tried, reselections, ref priorities, out bool panic);
            if (panic) Telemetry.Stats.Add(ClusterStat.LbHealthyPanic);
            if (chosen is null) Telemetry.Stats.Add(ClusterStat.UpstreamCxNoneHealthy);
            return chosen;
        }

        if (!facts.LocalRestored) return null;
        return ForDestination(Model.OriginalDestinationPortOverride > 0 ? facts.Local.WithPort(Model.OriginalDestinationPortOverride) : facts.Local);
    }

    /// <summary>The endpoint for an address in an original-destination cluster.</summary>
    public WorkerEndpoint ForDestination(in NetworkAddress address)
    {
        if (_byAddress.TryGetValue(address, out WorkerEndpoint? endpoint)) return endpoint;
        if (_byAddress.Count >= DestinationsKept) DropUnused();
        var model = new EndpointModel { Address = address };
        endpoint = new WorkerEndpoint(_worker, this, model, Runtime.TlsFor(model.Metadata));
        _byAddress[address] = endpoint;
        return endpoint;
    }

    /// <summary>The cluster was removed: idle connections close, busy ones when they become idle.</summary>
    public void Close()
    {
        foreach (WorkerEndpoint endpoint in _byAddress.Values) endpoint.Remove();
        _byAddress.Clear();
        _selector = EndpointSelector.None;
        _worker.Telemetry.RemoveCluster(Model.Name);
    }

    private void Rebuild(ClusterRuntime runtime)
    {
        _endpoints = runtime.Endpoints;
        _gone.Clear();
        _gone.AddRange(_byAddress.Values);
        _byAddress.Clear();
        foreach (WorkerEndpoint endpoint in _gone) endpoint.IsListed = false;
        var old = new Dictionary<NetworkAddress, WorkerEndpoint>(_gone.Count);
        foreach (WorkerEndpoint endpoint in _gone) old[endpoint.Address] = endpoint;
        foreach (LocalityEndpointsModel locality in _endpoints.Localities)
        {
            foreach (EndpointModel model in locality.Endpoints)
            {
                if (old.TryGetValue(model.Address, out WorkerEndpoint? endpoint))
                    endpoint.Update(model, runtime.TlsFor(model.Metadata));
                else
                    endpoint = new WorkerEndpoint(_worker, this, model, runtime.TlsFor(model.Metadata));
                endpoint.IsListed = true;
                _byAddress[model.Address] = endpoint;
            }
        }

        foreach (WorkerEndpoint endpoint in _gone)
        {
            if (!endpoint.IsListed) endpoint.Remove();
        }

        _gone.Clear();
        _outliers = runtime.Model.OutlierDetection is null ? null : State.Outliers;
        if (runtime.Model.OutlierDetection is { } detection) _outliers!.Update(detection, _endpoints);
        foreach (WorkerEndpoint endpoint in _byAddress.Values) endpoint.Outlier = _outliers?.Find(endpoint.Address);
        _outlierVersion = _outliers?.VersionAt(_worker.Clock.NowMs) ?? 0;
        _outliers?.CountActive(Telemetry.Stats);
        _selector = EndpointSelector.Build(runtime.Model, _endpoints, _byAddress, _worker.Random);
    }

    private void DropUnused()
    {
        foreach ((NetworkAddress address, WorkerEndpoint endpoint) in _byAddress)
        {
            if (endpoint.IsUnused) _byAddress.Remove(address);
        }
    }
}
