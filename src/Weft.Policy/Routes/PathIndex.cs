namespace Weft.Policy.Routes;

/// <summary>
/// Narrows the routes of a large virtual host down to those whose literal path can match, in their order: one dictionary for each length of a
/// literal, and the routes without one (patterns, CONNECT, paths in any case) beside them. A virtual host with few routes is quicker to walk.
/// Measured: the last of 10,000 routes is found in a quarter of a microsecond instead of 70. Immutable; any thread.
/// </summary>
internal sealed class PathIndex
{
    /// <summary>From this number of routes on an index pays.</summary>
    public const int MinRoutes = 48;

    private const int MaxLengths = 63;
    private readonly (int Length, Dictionary<byte[], Run> Runs)[] _byLength;
    private readonly int[] _routes;
    private readonly Run _others;

    private PathIndex((int Length, Dictionary<byte[], Run> Runs)[] byLength, int[] routes, Run others)
    {
        _byLength = byLength;
        _routes = routes;
        _others = others;
    }

    /// <summary>An index, or null when it would not pay.</summary>
    public static PathIndex? Build(RouteEntry[] entries)
    {
        if (entries.Length < MinRoutes)
            return null;
        Dictionary<byte[], List<int>> literals = new(ByteKeyComparer.Instance);
        List<int> routes = [];
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].Matcher.Path.Literal is not { } literal)
                routes.Add(i);
            else if (literals.TryGetValue(literal, out List<int>? same))
                same.Add(i);
            else
                literals.Add(literal, [i]);
        }

        int[] lengths = [.. literals.Keys.Select(literal => literal.Length).Distinct().Order()];
        if (lengths.Length > MaxLengths || routes.Count > entries.Length / 2)
            return null;
        Run others = new(0, routes.Count);
        Dictionary<int, Dictionary<byte[], Run>> byLength = lengths.ToDictionary(length => length, _ => new Dictionary<byte[], Run>(ByteKeyComparer.Instance));
        foreach ((byte[] literal, List<int> same) in literals)
        {
            byLength[literal.Length].Add(literal, new Run(routes.Count, routes.Count + same.Count));
            routes.AddRange(same);
        }

        return new PathIndex([.. lengths.Select(length => (length, byLength[length]))], [.. routes], others);
    }

    /// <summary>Starts walking the candidates for a path. <paramref name="runs"/> has room for <see cref="RunsNeeded"/>.</summary>
    public Candidates For(ReadOnlySpan<byte> path, Span<Run> runs)
    {
        runs[0] = _others;
        int count = 1;
        foreach ((int length, Dictionary<byte[], Run> literals) in _byLength)
        {
            if (length > path.Length)
                break;
            if (literals.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(path[..length], out Run run))
                runs[count++] = run;
        }

        return new Candidates(_routes, runs[..count]);
    }

    /// <summary>The most runs that a path can have.</summary>
    public const int RunsNeeded = MaxLengths + 1;

    /// <summary>Part of the list of route numbers, itself in rising order.</summary>
    internal record struct Run(int Next, int End);

    /// <summary>Merges the runs into one rising sequence of route numbers.</summary>
    internal readonly ref struct Candidates(int[] routes, Span<Run> runs)
    {
        private readonly int[] _routes = routes;
        private readonly Span<Run> _runs = runs;

        public bool Next(out int route)
        {
            route = int.MaxValue;
            int from = -1;
            for (int i = 0; i < _runs.Length; i++)
            {
                if (_runs[i].Next < _runs[i].End && _routes[_runs[i].Next] < route)
                {
                    route = _routes[_runs[i].Next];
                    from = i;
                }
            }

            if (from < 0)
                return false;
            _runs[from].Next++;
            return true;
        }
    }
}
