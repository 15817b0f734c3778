using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using Weft.Control.Configuration;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Serving;

/// <summary>
/// Gathers changes of configuration and of running workloads and publishes a new snapshot for each burst. Thread-safe. A snapshot that
/// cannot be built (a defect, not a mistake in configuration) leaves the last one in force and is reported.
/// </summary>
public sealed class SnapshotPublisher : IAsyncDisposable
{
    private readonly MeshOptions _mesh;
    private readonly ServingOptions _serving;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly Lock _lock = new();
    private readonly Lock _building = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly string _started;
    private ImmutableDictionary<(string Namespace, string Name), WorkloadRegistration> _workloads = ImmutableDictionary<(string, string), WorkloadRegistration>.Empty;
    private ConfigSet _config = ConfigSet.Empty;
    private bool _isChanged = true;
    private long _counter;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;

    /// <param name="mesh">Options of the mesh.</param>
    /// <param name="serving">How changes are gathered.</param>
    /// <param name="time">The clock.</param>
    /// <param name="report">Takes a sentence when a snapshot cannot be built.</param>
    public SnapshotPublisher(MeshOptions mesh, ServingOptions serving, TimeProvider time, Action<string> report)
    {
        _mesh = mesh;
        _serving = serving;
        _time = time;
        _report = report;
        _started = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        Current = new PublishedSnapshot(NextVersion(), MeshSnapshot.Build(_config, mesh));
    }

    /// <summary>The newest snapshot.</summary>
    public PublishedSnapshot Current { get; private set; }

    /// <summary>The workloads that run now.</summary>
    public IReadOnlyCollection<WorkloadRegistration> Workloads => [.. _workloads.Values];

    /// <summary>Publishes what was set so far, then follows changes.</summary>
    public void Start()
    {
        Publish();
        _loop = Task.Run(() => FollowAsync(_stop.Token));
    }

    /// <summary>Sets the configuration in force.</summary>
    public void SetConfig(ConfigSet config)
    {
        lock (_lock)
        {
            _config = config;
            _isChanged = true;
        }

        _changes.Writer.TryWrite(true);
    }

    /// <summary>Adds a workload or replaces it; false when it was known just so.</summary>
    public bool Register(WorkloadRegistration workload)
    {
        lock (_lock)
        {
            if (_workloads.TryGetValue((workload.Namespace, workload.Name), out WorkloadRegistration? known) && known.IsSameAs(workload))
                return false;
            _workloads = _workloads.SetItem((workload.Namespace, workload.Name), workload);
            _isChanged = true;
        }

        _changes.Writer.TryWrite(true);
        return true;
    }

    /// <summary>Removes a workload; false when there was none.</summary>
    public bool Unregister(string ns, string name)
    {
        lock (_lock)
        {
            if (!_workloads.ContainsKey((ns, name)))
                return false;
            _workloads = _workloads.Remove((ns, name));
            _isChanged = true;
        }

        _changes.Writer.TryWrite(true);
        return true;
    }

    /// <summary>The snapshot of this very moment, published at once if something waits: for answers that must see a registration just made.</summary>
    public PublishedSnapshot PublishNow()
    {
        Publish();
        return Current;
    }

    /// <summary>Completes when <see cref="Current"/> is no longer <paramref name="seen"/>.</summary>
    public Task ChangedFromAsync(PublishedSnapshot? seen)
    {
        lock (_lock)
            return ReferenceEquals(Current, seen) ? _next.Task : Task.CompletedTask;
    }

    /// <summary>Stops following.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        try
        {
            while (await _changes.Reader.WaitToReadAsync(stop))
            {
                long began = _time.GetTimestamp();
                while (_changes.Reader.TryRead(out _) && _time.GetElapsedTime(began) < _serving.Max)
                    await Task.Delay(_serving.Quiet, _time, stop);
                Publish();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private void Publish()
    {
        try
        {
            lock (_building)
                PublishIfChanged();
        }
        catch (Exception e)
        {
            _report($"The newest configuration could not be turned into a snapshot and the last one stays in force: {e}");
        }
    }

    // Building takes long in a large mesh, so changes may be set meanwhile; they are for the next snapshot.
    private void PublishIfChanged()
    {
        ConfigSet config;
        ImmutableDictionary<(string Namespace, string Name), WorkloadRegistration> workloads;
        lock (_lock)
        {
            if (!_isChanged)
                return;
            _isChanged = false;
            (config, workloads) = (_config, _workloads);
        }

        PublishedSnapshot published = new(NextVersion(), MeshSnapshot.Build(config, _mesh, [.. workloads.Values]));
        TaskCompletionSource waiting;
        lock (_lock)
        {
            Current = published;
            waiting = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        waiting.SetResult();
    }

    private string NextVersion() => $"{_started}/{(++_counter).ToString(CultureInfo.InvariantCulture)}";
}
