namespace Weft.Proxy.Discovery;

/// <summary>
/// Chooses the moments of collections. A collection stops the workers for as long as it takes to move what is alive, so the right moment is
/// when least is: just behind a large change, when the messages that brought it and the model before it are garbage and only the new model
/// moves. Left to itself the collector strikes in the middle of a change and moves all three. Once the configuration has been quiet for a
/// while, the memory that start-up and changes used up goes back to the system.
/// </summary>
internal sealed class HeapTrim : IDisposable
{
    /// <summary>How long nothing may have changed before memory is given back.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    /// <summary>A change comes as several responses; this long after the last of them it is in force at every worker.</summary>
    internal static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(100);

    /// <summary>Less than this is not worth a pause.</summary>
    private const long WorthwhileBytes = 2 << 20;

    /// <summary>A change that allocates less leaves the moment to the collector.</summary>
    internal const long LargeChangeBytes = 6 << 20;

    private readonly ITimer _timer;
    private readonly ITimer _settled;
    private long _bytesAfter;
    private long _allocatedBefore = GC.GetTotalAllocatedBytes();

    internal HeapTrim(TimeProvider time)
    {
        _timer = time.CreateTimer(_ => Trim(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _settled = time.CreateTimer(_ => Sweep(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How often it gave memory back.</summary>
    internal int Collections { get; private set; }

    /// <summary>How often it collected behind a large change.</summary>
    internal int Sweeps { get; private set; }

    /// <summary>Something changed: the quiet time starts anew.</summary>
    internal void Touch()
    {
        _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
        _settled.Change(Settled, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _settled.Dispose();
    }

    private void Sweep()
    {
        long allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocatedBefore < LargeChangeBytes) return;
        // The model before this one is in the first generation, where it dies without being moved, and never reaches the second.
        GC.Collect(1, GCCollectionMode.Forced, blocking: true, compacting: false);
        _allocatedBefore = GC.GetTotalAllocatedBytes();
        Sweeps++;
    }

    private void Trim()
    {
        if (GC.GetTotalMemory(false) - _bytesAfter >= WorthwhileBytes)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _bytesAfter = GC.GetTotalMemory(false);
            Collections++;
        }

        CodePages.Release();
    }
}
