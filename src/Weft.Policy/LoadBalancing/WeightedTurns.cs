namespace Weft.Policy.LoadBalancing;

/// <summary>
/// Weighted round robin by earliest deadline first, as Envoy's EDF scheduler: whoever's turn is due earliest is taken and comes again
/// 1/weight later, so that turns are spread evenly instead of in bursts. Of equal deadlines the one that has waited longest is taken. Taking
/// costs log n and allocates nothing. Not thread-safe: one worker's.
/// </summary>
public sealed class WeightedTurns
{
    private readonly double[] _weights;
    private readonly Turn[] _heap;
    private ulong _order;

    /// <summary>Prepares turns for weights that are all greater than zero.</summary>
    /// <param name="weights">One weight for each index.</param>
    /// <param name="skip">How many turns to take at first, so that workers that start together do not all begin at the same place.</param>
    public WeightedTurns(double[] weights, uint skip)
    {
        ArgumentOutOfRangeException.ThrowIfZero(weights.Length);
        _weights = weights;
        _heap = new Turn[weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] > 0))
                throw new ArgumentException("Every weight must be greater than zero.", nameof(weights));
            _heap[i] = new Turn(1 / weights[i], _order++, i);
        }

        for (int i = weights.Length / 2 - 1; i >= 0; i--)
            SiftDown(i);
        for (uint i = skip % (uint)weights.Length; i > 0; i--)
            Next();
    }

    /// <summary>The index whose turn it is; it comes again after a time by its own weight.</summary>
    public int Next()
    {
        int index = _heap[0].Index;
        Advance(_weights[index]);
        return index;
    }

    /// <summary>The index whose turn it is, without taking the turn.</summary>
    public int Peek() => _heap[0].Index;

    /// <summary>Takes the turn of <see cref="Peek"/>; its next one comes after a time by this weight, which must be greater than zero.</summary>
    public void Advance(double weight)
    {
        Turn turn = _heap[0];
        _heap[0] = new Turn(turn.Deadline + 1 / weight, _order++, turn.Index);
        SiftDown(0);
    }

    private void SiftDown(int at)
    {
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= _heap.Length)
                return;
            if (child + 1 < _heap.Length && _heap[child + 1].IsBefore(_heap[child]))
                child++;
            if (!_heap[child].IsBefore(_heap[at]))
                return;
            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }

    private readonly record struct Turn(double Deadline, ulong Order, int Index)
    {
        public bool IsBefore(in Turn other) => Deadline < other.Deadline || (Deadline == other.Deadline && Order < other.Order);
    }
}
