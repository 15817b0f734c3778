namespace Weft.Proxy.Telemetry;

/// <summary>
/// The <see cref="StatBlock{TStat}"/>s of one worker by name. The worker gets and removes; other threads read the published array.
/// Blocks are made when a thing is first used, so a thousand clusters without traffic cost nothing.
/// </summary>
public sealed class StatBlocks<TStat>
    where TStat : struct, Enum
{
    private readonly Dictionary<string, StatBlock<TStat>> _byName = [];
    private StatBlock<TStat>[] _published = [];

    internal StatBlocks()
    {
    }

    /// <summary>All blocks; safe on any thread.</summary>
    public IReadOnlyList<StatBlock<TStat>> All => Volatile.Read(ref _published);

    /// <summary>The block of that name, made when there is none. On the worker's thread only.</summary>
    public StatBlock<TStat> Get(string name)
    {
        if (_byName.TryGetValue(name, out StatBlock<TStat>? block)) return block;
        block = new StatBlock<TStat>(name);
        _byName.Add(name, block);
        Volatile.Write(ref _published, [.. _published, block]);
        return block;
    }

    /// <summary>Forgets a block, when its cluster or listener is gone. On the worker's thread only.</summary>
    public void Remove(string name)
    {
        if (_byName.Remove(name))
            Volatile.Write(ref _published, [.. _byName.Values]);
    }
}
