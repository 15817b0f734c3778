using Weft.Policy.LoadBalancing;
using Weft.Proxy.Model;

namespace Weft.Proxy.Clusters;

/// <summary>Endpoints of one priority and state on one worker, and the turn among them by the cluster's policy.</summary>
internal sealed class EndpointPool
{
    private readonly WorkerEndpoint[] _members;
    private readonly LoadBalancingPolicy _policy;
    private readonly int _choices;
    private readonly double[]? _weights;
    private readonly double[]? _cumulative;
    private readonly WeightedTurns? _turns;
    private readonly HashRing? _ring;
    private readonly MaglevTable? _maglev;
    private uint _next;

    public EndpointPool(ClusterModel model, (WorkerEndpoint Endpoint, double Weight)[] members, Random random)
    {
        _members = [.. members.Select(static member => member.Endpoint)];
        _policy = model.LoadBalancing;
        _choices = Math.Max(model.LeastRequestChoices, 1);
        _next = (uint)random.Next();
        if (members.Length == 0) return;
        double[] weights = [.. members.Select(static member => member.Weight)];
        if (_policy == LoadBalancingPolicy.RingHash)
            _ring = HashRing.Build(Keys(), weights, model.RingMinPoints, model.RingMaxPoints);
        else if (_policy == LoadBalancingPolicy.Maglev)
            _maglev = MaglevTable.Build(Keys(), weights, model.MaglevSize);
        if (weights.All(weight => weight == weights[0])) return;
        _weights = weights;
        _cumulative = new double[weights.Length];
        double sum = 0;
        for (int i = 0; i < weights.Length; i++) _cumulative[i] = sum += weights[i];
        _turns = new WeightedTurns(weights, _next);
    }

    /// <summary>An endpoint, or null when the pool is empty.</summary>
    public WorkerEndpoint? Choose(Random random, ulong? hash, uint attempt)
    {
        if (_members.Length == 0) return null;
        ulong Hash() => hash ?? (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        return _policy switch
        {
            LoadBalancingPolicy.LeastRequest => LeastRequest(random),
            LoadBalancingPolicy.Random => Random(random),
            LoadBalancingPolicy.RingHash => _members[_ring!.Find(Hash(), attempt)],
            LoadBalancingPolicy.Maglev => _members[_maglev!.Find(Hash(), attempt)],
            _ => _turns is null ? _members[_next++ % (uint)_members.Length] : _members[_turns.Next()],
        };
    }

    private WorkerEndpoint Random(Random random)
    {
        if (_cumulative is null) return _members[random.Next(_members.Length)];
        int index = Array.BinarySearch(_cumulative, random.NextDouble() * _cumulative[^1]);
        return _members[Math.Min(index < 0 ? ~index : index + 1, _members.Length - 1)];
    }

    /// <summary>Equal weights: the least busy of a few drawn at random. Unequal ones: turns by weight over requests under way, as in Envoy.</summary>
    private WorkerEndpoint LeastRequest(Random random)
    {
        if (_turns is not null)
        {
            int index = _turns.Peek();
            WorkerEndpoint due = _members[index];
            _turns.Advance(_weights![index] / (due.ActiveRequests + 1));
            return due;
        }

        WorkerEndpoint best = Random(random);
        for (int i = 1; i < _choices; i++)
        {
            WorkerEndpoint other = Random(random);
            if (other.ActiveRequests < best.ActiveRequests) best = other;
        }

        return best;
    }

    private string[] Keys() => [.. _members.Select(static member => member.Address.ToString())];
}
