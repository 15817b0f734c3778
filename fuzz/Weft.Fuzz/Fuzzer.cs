namespace Weft.Fuzz;

/// <summary>
/// Runs one target on mutated inputs. It does not see which code runs: an input is worth keeping when its outcome has a shape that none had before,
/// which for decoders with an error for each rule comes close. Deterministic for one corpus and one seed.
/// </summary>
public sealed class Fuzzer(FuzzTarget target, IReadOnlyList<byte[]> seeds, int seed)
{
    private const int MaxInputBytes = 2048;
    private const int MaxPool = 4096;
    private readonly Random _random = new(seed);
    private readonly HashSet<ulong> _shapes = [];
    private readonly List<byte[]> _pool = [];

    /// <summary>Inputs that did something new, seeds first.</summary>
    public IReadOnlyList<byte[]> Pool => _pool;

    /// <summary>Different shapes of outcome so far.</summary>
    public int Shapes => _shapes.Count;

    /// <summary>The input that is running, or ran last.</summary>
    public byte[] Current { get; private set; } = [];

    /// <summary>Runs so many executions; each decodes one input whole and in pieces.</summary>
    /// <exception cref="Exception">What the target threw; <see cref="Current"/> is the input that did it.</exception>
    public void Run(long executions)
    {
        using GuardedMemory memory = new();
        Mutator mutator = new(_random);
        byte[] buffer = new byte[MaxInputBytes];
        Span<int> cuts = stackalloc int[3];
        foreach (byte[] first in seeds)
        {
            Current = first;
            _shapes.Add(target.Run(memory, first, Cut(first.Length, cuts)).Shape);
            if (first.Length <= MaxInputBytes) _pool.Add(first);
        }

        if (_pool.Count == 0) _pool.Add([]);
        for (long i = 0; i < executions; i++)
        {
            int length = mutator.Mutate(_pool[_random.Next(_pool.Count)], _pool[_random.Next(_pool.Count)], buffer);
            Outcome outcome;
            try
            {
                outcome = target.Run(memory, buffer.AsSpan(0, length), Cut(length, cuts));
            }
            catch
            {
                Current = buffer[..length];
                throw;
            }

            if (!_shapes.Contains(outcome.Shape) && _pool.Count < MaxPool)
            {
                _shapes.Add(outcome.Shape);
                _pool.Add(buffer[..length]);
            }
        }
    }

    private ReadOnlySpan<int> Cut(int length, Span<int> cuts)
    {
        if (length < 2) return default;
        Span<int> used = cuts[..(1 + _random.Next(cuts.Length))];
        foreach (ref int cut in used) cut = _random.Next(1, length);
        used.Sort();
        return used;
    }
}
