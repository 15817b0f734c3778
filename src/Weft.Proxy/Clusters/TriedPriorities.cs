namespace Weft.Proxy.Clusters;

/// <summary>
/// Which priorities of a cluster the attempts of one exchange went to, and which of them the next ones leave out (Envoy's previous_priorities
/// retry plugin). Remembers the first 64 priorities; those behind are never left out. A field of its exchange.
/// </summary>
internal struct TriedPriorities
{
    public const int Most = 64;

    private ulong _tried;
    private ulong _excluded;

    public readonly bool ExcludesAny => _excluded != 0;

    public readonly bool Excludes(int priority) => priority < Most && (_excluded & (1UL << priority)) != 0;

    public void Add(int priority)
    {
        if (priority < Most) _tried |= 1UL << priority;
    }

    /// <summary>Leaves out from here on what was tried up to here.</summary>
    public void Exclude() => _excluded = _tried;

    /// <summary>Everything was tried: it begins anew.</summary>
    public void Clear() => _tried = _excluded = 0;
}
