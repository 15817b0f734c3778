using Weft.Proxy.Clusters;
using Weft.Proxy.Interop;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Engine;

/// <summary>
/// The data plane of a process: its workers, and the one door through which configuration reaches them. Thread-safe; its methods
/// are for control threads. Order of shutdown: <see cref="DrainAsync"/> (no new connections, exchanges finish),
/// <see cref="EndConnectionsAsync"/> (what is left ends), then <see cref="Dispose"/>.
/// </summary>
public sealed class ProxyEngine : IDisposable
{
    private static readonly TimeSpan s_longestIdleDrain = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly EngineSnapshotBuilder _builder;
    private readonly Worker[] _workers;
    private readonly DnsClusters _dns;
    private EngineSnapshot _current = EngineSnapshot.Empty;
    private bool _disposed;
    private bool _draining;
    private volatile bool _holdsListeners;
    private volatile bool _endsKeepalive;

    /// <summary>Makes the workers and starts their threads; nothing listens yet.</summary>
    public ProxyEngine(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _builder = new EngineSnapshotBuilder(Math.Max(options.Concurrency, 1), options.Inherited, options.OpenSslRecords) { SharesAddresses = options.SharesAddresses || options.Inherited is not null };
        _holdsListeners = options.Inherited is not null;
        _workers = [.. Enumerable.Range(0, Math.Max(options.Concurrency, 1)).Select(i => new Worker(i, this, options))];
        _dns = new DnsClusters(Signal, options.TimeProvider);
        options.Telemetry.AddGlobalStat(new GlobalStat("weft.server_first_destinations", true, () => ServerFirst.CountAt(Environment.TickCount64)));
        foreach (Worker worker in _workers) worker.Start();
    }

    public EngineOptions Options { get; }

    /// <summary>What was learnt by waiting for clients in vain.</summary>
    internal ServerFirstDestinations ServerFirst { get; } = new();

    /// <summary>The ports that are slow because of looking, for people.</summary>
    internal SlowDetections SlowDetections { get; } = new();

    public IReadOnlyList<Worker> Workers => _workers;

    /// <summary>
    /// True: clients are to come back on new connections (<c>Connection: close</c>, GOAWAY with their next response), while everything else goes on, new
    /// connections included. Set while health checks are made to fail.
    /// </summary>
    public bool EndsKeepalive
    {
        get => _endsKeepalive;
        set => _endsKeepalive = value;
    }

    /// <summary>True until <see cref="OpenListenersAsync"/>: listening sockets are there, and nothing accepts on them here.</summary>
    internal bool HoldsListeners => _holdsListeners;

    /// <summary>True when every name of the clusters in force was looked up once, whatever came of it.</summary>
    internal bool HasLookedUpNames => _dns.HasLookedUp;

    /// <summary>How many client connections are open on all workers.</summary>
    public int DownstreamConnections => _workers.Sum(static worker => worker.DownstreamConnections);

    /// <summary>
    /// Puts a snapshot in force. Returns sentences for what could not be opened (an address in use, a certificate that does not parse); such
    /// parts keep what was in force before, everything else applies.
    /// </summary>
    public IReadOnlyList<string> Publish(ProxySnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var errors = new List<string>();
        lock (_lock)
        {
            if (_disposed) return ["The proxy is shutting down."];
            _current = _builder.Build(snapshot, errors);
            _dns.Update(_builder.Clusters.Values);

            // Nobody accepts any more: what was opened only now would let clients wait for ever.
            if (_draining) CloseUnclaimed();
        }

        Signal();
        return errors;
    }

    /// <summary>The address that a listener is bound to, with the port that the kernel chose; none when there is no such listener.</summary>
    public NetworkAddress BoundAddress(string listener)
    {
        lock (_lock)
        {
            return _builder.Listeners.TryGetValue(listener, out ListenerRuntime? runtime) ? runtime.State.Bound : default;
        }
    }

    /// <summary>Waits until every worker uses the snapshot published last; false when the time is up.</summary>
    public async Task<bool> SettleAsync(TimeSpan timeout)
    {
        Task[] waits = [.. _workers.Select(worker =>
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!worker.Post(_ => done.SetResult())) done.SetResult();
            return done.Task;
        })];
        return await Task.WhenAny(Task.WhenAll(waits), Task.Delay(timeout, Options.TimeProvider)).ConfigureAwait(false) is var first
            && first.IsCompletedSuccessfully && waits.All(static wait => wait.IsCompletedSuccessfully);
    }

    /// <summary>
    /// Begins to accept on sockets that were taken over from another process, and closes those that no listener wants. From here on an address that another
    /// process holds is refused again, unless <see cref="EngineOptions.SharesAddresses"/> says otherwise.
    /// </summary>
    public async Task OpenListenersAsync(TimeSpan timeout)
    {
        _holdsListeners = false;
        lock (_lock) _builder.SharesAddresses = Options.SharesAddresses;
        Signal();
        await SettleAsync(timeout).ConfigureAwait(false);
        Options.Inherited?.Close();
    }

    /// <summary>Copies of all listening sockets with the names of their listeners, for another process to take over. They are the caller's.</summary>
    internal async Task<IReadOnlyList<(string Listener, int Descriptor)>> CopyListenSocketsAsync(TimeSpan timeout)
    {
        List<(string Listener, int Descriptor)>[] copies = [.. _workers.Select(static _ => new List<(string Listener, int Descriptor)>())];
        for (int i = 0; i < _workers.Length; i++)
        {
            List<(string Listener, int Descriptor)> list = copies[i];
            _workers[i].Post(worker => worker.CopyListenSockets(list));
        }

        if (!await SettleAsync(timeout).ConfigureAwait(false)) throw new TimeoutException("The workers did not answer.");
        return [.. copies.SelectMany(static list => list)];
    }

    /// <summary>
    /// Stops accepting and lets open exchanges finish: every response closes its connection, idle connections close (those of HTTP/1.1 after a second at
    /// most, so that a request that is on its way is still answered). Returns true when no client connection is left, false when the time is up first.
    /// </summary>
    public async Task<bool> DrainAsync(TimeSpan timeout, CancellationToken cancel = default)
    {
        lock (_lock)
        {
            _draining = true;
            CloseUnclaimed();
        }

        TimeSpan idle = timeout / 2 < s_longestIdleDrain ? timeout / 2 : s_longestIdleDrain;
        foreach (Worker worker in _workers) worker.Post(w => w.Drain(idle));
        long start = Options.TimeProvider.GetTimestamp();
        await SettleAsync(timeout).ConfigureAwait(false);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), Options.TimeProvider);
        while (DownstreamConnections > 0)
        {
            if (Options.TimeProvider.GetElapsedTime(start) >= timeout) return false;
            await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Gives memory that is not in use back to the system: the workers' spare buffers, what the collector finds, what the C library holds.</summary>
    public async Task TrimMemoryAsync()
    {
        foreach (Worker worker in _workers) worker.Post(static w => w.Trim());
        await SettleAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = Libc.TrimHeap(0);
    }

    /// <summary>Ends every connection that is still open, each with its record; for when the time to drain is up.</summary>
    public Task EndConnectionsAsync(TimeSpan timeout)
    {
        foreach (Worker worker in _workers) worker.Post(static w => w.EndConnections());
        return SettleAsync(timeout);
    }

    /// <summary>Ends the workers at once; open connections are closed.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
        }

        _dns.Dispose();
        foreach (Worker worker in _workers) worker.Post(static w => w.Stop());
        foreach (Worker worker in _workers) worker.Join(TimeSpan.FromSeconds(5));
        CloseUnclaimed();
        Options.Inherited?.Close();
    }

    private void CloseUnclaimed()
    {
        foreach (ListenerRuntime listener in _builder.Listeners.Values) listener.State.CloseUnclaimed();
    }

    private void Signal()
    {
        foreach (Worker worker in _workers)
        {
            // A full mailbox already holds a request to look, which will see the newest.
            worker.Post(w => w.Apply(Volatile.Read(ref _current)));
        }
    }
}
