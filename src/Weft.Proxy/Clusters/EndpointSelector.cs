using Weft.Policy.LoadBalancing;
using Weft.Proxy.Model;

namespace Weft.Proxy.Clusters;

/// <summary>
/// Chooses endpoints of a cluster on one worker: first the priority by its share of load (<see cref="PriorityLoad"/>), then the endpoint by the
/// cluster's policy. Rebuilt whenever the endpoints change, or one of them is ejected or let back in.
/// </summary>
internal sealed class EndpointSelector
{
    private readonly PriorityHealth[] _health;
    private readonly PriorityShare[] _shares;
    private readonly Priority[] _priorities;
    private readonly int _overprovisioning;
    private readonly int _only;

    private EndpointSelector(PriorityHealth[] health, int overprovisioning, PriorityShare[] shares, Priority[] priorities)
    {
        _health = health;
        _overprovisioning = overprovisioning;
        _shares = shares;
        _priorities = priorities;
        _only = Array.FindIndex(shares, static share => share.HealthyPercent == 100);
    }

    /// <summary>Has no endpoint.</summary>
    public static EndpointSelector None { get; } = new([], PriorityLoad.DefaultOverprovisioning, [], []);

    public static EndpointSelector Build(ClusterModel model, EndpointSetModel set, IReadOnlyDictionary<NetworkAddress, WorkerEndpoint> byAddress, Random random)
    {
        Priority[] priorities = [.. set.Localities
            .GroupBy(static locality => locality.Priority)
            .OrderBy(static level => level.Key)
            .Select(level => Priority.Build(model, set, [.. level.Select(locality => new Members(locality, byAddress))], random))];
        PriorityHealth[] health = [.. priorities.Select(static priority => priority.Health)];
        var shares = new PriorityShare[health.Length];
        PriorityLoad.Compute(health, set.OverprovisioningFactor, model.PanicThresholdPercent, shares);
        return new EndpointSelector(health, set.OverprovisioningFactor, shares, priorities);
    }

    /// <summary>
    /// An endpoint, or null when none may be used. One of <paramref name="tried"/> is chosen only after <paramref name="reselections"/>
    /// further draws gave no other. Equal hashes give equal endpoints where the policy hashes. Priorities that <paramref name="priorities"/>
    /// excludes get no load while others have endpoints; the one taken is added to it. <paramref name="panic"/>: its health was not looked at.
    /// </summary>
    public WorkerEndpoint? Choose(Random random, ulong? hash, ReadOnlySpan<WorkerEndpoint> tried, int reselections, ref TriedPriorities priorities, out bool panic)
    {
        WorkerEndpoint? chosen = Draw(random, hash, 0, ref priorities, out int priority);
        for (uint attempt = 1; chosen is not null && attempt <= reselections && Contains(tried, chosen); attempt++)
            chosen = Draw(random, hash, attempt, ref priorities, out priority);
        panic = chosen is not null && _shares[priority].Panic;
        if (chosen is not null) priorities.Add(priority);
        return chosen;
    }

    private static bool Contains(ReadOnlySpan<WorkerEndpoint> tried, WorkerEndpoint endpoint)
    {
        foreach (WorkerEndpoint one in tried)
        {
            if (ReferenceEquals(one, endpoint)) return true;
        }

        return false;
    }

    private WorkerEndpoint? Draw(Random random, ulong? hash, uint attempt, ref TriedPriorities priorities, out int at)
    {
        at = _only;
        bool degraded = false;
        if (at < 0 || priorities.ExcludesAny)
        {
            int percentile = hash is { } given ? (int)(given % 100) : random.Next(100);
            at = priorities.ExcludesAny && _priorities.Length <= TriedPriorities.Most
                ? DrawUntried(percentile, ref priorities, out degraded)
                : PriorityLoad.Choose(_shares, percentile, out degraded);
            if (at < 0) return null;
        }

        Priority priority = _priorities[at];
        EndpointPool pool = _shares[at].Panic ? priority.All : degraded ? priority.Degraded : priority.Healthy;
        return pool.Choose(random, hash, attempt);
    }

    /// <summary>A priority by the load that is due when the excluded ones count as empty; when nothing else can be used, by the usual load.</summary>
    private int DrawUntried(int percentile, ref TriedPriorities priorities, out bool degraded)
    {
        Span<PriorityHealth> health = stackalloc PriorityHealth[TriedPriorities.Most];
        Span<PriorityShare> shares = stackalloc PriorityShare[TriedPriorities.Most];
        health = health[.._health.Length];
        shares = shares[.._health.Length];
        int usable = 0;
        for (int i = 0; i < health.Length; i++)
        {
            health[i] = priorities.Excludes(i) ? default : _health[i];
            usable += health[i].Healthy + health[i].Degraded;
        }

        if (usable == 0)
        {
            priorities.Clear();
            return PriorityLoad.Choose(_shares, percentile, out degraded);
        }

        PriorityLoad.Compute(health, _overprovisioning, 0, shares);
        return PriorityLoad.Choose(shares, percentile, out degraded);
    }

    /// <summary>The endpoints of one locality on this worker.</summary>
    private sealed class Members(LocalityEndpointsModel locality, IReadOnlyDictionary<NetworkAddress, WorkerEndpoint> byAddress)
    {
        public uint Weight { get; } = locality.Weight;

        public (WorkerEndpoint Endpoint, double Weight)[] Endpoints { get; } =
            [.. locality.Endpoints.Where(static endpoint => endpoint.Weight > 0).Select(endpoint => (byAddress[endpoint.Address], (double)endpoint.Weight))];
    }

    /// <summary>One priority: the pools for its three states.</summary>
    private sealed record Priority(PriorityHealth Health, EndpointPool Healthy, EndpointPool Degraded, EndpointPool All)
    {
        public static Priority Build(ClusterModel model, EndpointSetModel set, Members[] localities, Random random)
        {
            EndpointPool Pool(Func<WorkerEndpoint, bool> takes, bool byAvailability)
            {
                var members = new List<(WorkerEndpoint Endpoint, double Weight)>();
                foreach (Members locality in localities)
                {
                    (WorkerEndpoint Endpoint, double Weight)[] taken = [.. locality.Endpoints.Where(member => takes(member.Endpoint))];
                    double sum = taken.Sum(static member => member.Weight);
                    if (sum <= 0) continue;
                    double available = byAvailability ? Math.Min(1, set.OverprovisioningFactor / 100.0 * taken.Length / locality.Endpoints.Length) : 1;
                    foreach ((WorkerEndpoint endpoint, double weight) in taken)
                        members.Add((endpoint, model.LocalityWeighted ? locality.Weight * available * weight / sum : weight));
                }

                return new EndpointPool(model, [.. members.Where(static member => member.Weight > 0)], random);
            }

            WorkerEndpoint[] all = [.. localities.SelectMany(static locality => locality.Endpoints).Select(static member => member.Endpoint)];
            var health = new PriorityHealth(all.Length, all.Count(static endpoint => endpoint.IsHealthy), all.Count(static endpoint => endpoint.IsDegraded));
            return new Priority(health, Pool(static endpoint => endpoint.IsHealthy, true), Pool(static endpoint => endpoint.IsDegraded, true), Pool(static _ => true, false));
        }
    }
}
