using Weft.Proxy.Model;

namespace Weft.Proxy.Overload;

/// <summary>
/// Which overload actions are in force and how many connections clients have open: written by <see cref="OverloadMonitor"/> and the workers, read by the
/// workers for each request and connection. Every member may be called on any thread; none waits.
/// </summary>
public sealed class OverloadState
{
    /// <summary>A level of full force.</summary>
    public const int Saturated = 1000;

    private readonly int[] _levels = new int[Enum.GetValues<OverloadAction>().Length];
    private readonly long _maxConnections;
    private long _connections;

    /// <param name="maxConnections">The most connections; 0 for no limit.</param>
    public OverloadState(long maxConnections) => _maxConnections = maxConnections;

    /// <summary>Connections that clients have open; counted only where there is a limit.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>How far an action is in force, in thousandths.</summary>
    public int Level(OverloadAction action) => Volatile.Read(ref _levels[(int)action]);

    /// <summary>True when the action is in full force.</summary>
    public bool IsSaturated(OverloadAction action) => Level(action) >= Saturated;

    /// <summary>Whether the action strikes this time: never, always, or with the chance that its level says.</summary>
    public bool Strikes(OverloadAction action, Random random) => Level(action) is var level and > 0 && (level >= Saturated || random.Next(Saturated) < level);

    /// <summary>Counts a new connection; false when the limit is reached.</summary>
    public bool TryEnter()
    {
        if (_maxConnections == 0 || Interlocked.Increment(ref _connections) <= _maxConnections) return true;
        Interlocked.Decrement(ref _connections);
        return false;
    }

    /// <summary>A connection that entered is over.</summary>
    public void Leave()
    {
        if (_maxConnections > 0) Interlocked.Decrement(ref _connections);
    }

    internal void Set(OverloadAction action, int level) => Volatile.Write(ref _levels[(int)action], level);
}
