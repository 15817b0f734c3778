using System.Threading.Channels;

namespace Weft.Control.Configuration;

/// <summary>
/// A watched directory of configuration. A change is noticed within <see cref="Quiet"/> of the last event of a burst; file systems
/// that report nothing are looked at every <see cref="SafetyScan"/>. <see cref="Changed"/> runs on the source's own task, one call at a time.
/// </summary>
public sealed class DirectorySource : IAsyncDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SafetyScan = TimeSpan.FromSeconds(2);
    private readonly TimeProvider _time;
    private readonly DirectoryReader _reader;
    private readonly FileSystemWatcher _watcher;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _events = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Task _loop = Task.CompletedTask;

    /// <summary>Reads the directory once; call <see cref="Start"/> to follow it.</summary>
    public DirectorySource(string directory, TimeProvider time)
    {
        _time = time;
        directory = Path.GetFullPath(directory);
        _watcher = new FileSystemWatcher(directory) { IncludeSubdirectories = true, InternalBufferSize = 64 * 1024 };
        _reader = new DirectoryReader(directory, time);
        State = _reader.Read() ?? SourceState.Empty;
    }

    /// <summary>What is in force now.</summary>
    public SourceState State { get; private set; }

    /// <summary>Raised after <see cref="State"/> has changed.</summary>
    public event Action<SourceState>? Changed;

    /// <summary>Begins to follow the directory.</summary>
    public void Start()
    {
        _watcher.Changed += (_, _) => Notice();
        _watcher.Created += (_, _) => Notice();
        _watcher.Deleted += (_, _) => Notice();
        _watcher.Renamed += (_, _) => Notice();
        _watcher.Error += (_, _) => Notice();
        _watcher.EnableRaisingEvents = true;
        _loop = Task.Run(() => FollowAsync(_stop.Token));
    }

    /// <summary>Stops following.</summary>
    public async ValueTask DisposeAsync()
    {
        _watcher.Dispose();
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private void Notice() => _events.Writer.TryWrite(true);

    private async Task FollowAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await WaitAsync(stop);
                if (_reader.Read() is { } state)
                {
                    State = state;
                    Changed?.Invoke(state);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    // Returns when a burst of events has ended, or when it is time to look without one.
    private async Task WaitAsync(CancellationToken stop)
    {
        TimeSpan patience = _reader.HasDoubts ? DirectoryReader.Grace : SafetyScan;
        if (!await HappensWithinAsync(patience, stop))
            return;
        long began = _time.GetTimestamp();
        while (await HappensWithinAsync(Quiet, stop) && _time.GetElapsedTime(began) < TimeSpan.FromMilliseconds(500))
        {
            // A directory that never rests is read all the same.
        }
    }

    private async Task<bool> HappensWithinAsync(TimeSpan span, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using ITimer timer = _time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), limit, span, Timeout.InfiniteTimeSpan);
        try
        {
            await _events.Reader.ReadAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }
}
