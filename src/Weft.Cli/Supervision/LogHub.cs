using System.Threading.Channels;

namespace Weft.Cli.Supervision;

/// <summary>
/// The last lines of every process, and all new ones for whoever follows. Bounds: 1,000 lines for each source and part; a
/// follower that falls 4,096 lines behind loses the oldest. Thread-safe.
/// </summary>
public sealed class LogHub(TimeProvider clock)
{
    private const int KeptLines = 1000;
    private const int FollowerLines = 4096;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Source, string Part), Queue<LogLine>> _kept = [];
    private readonly HashSet<Channel<LogLine>> _followers = [];

    /// <summary>Keeps a line and hands it to the followers.</summary>
    public void Write(string source, string part, string text)
    {
        LogLine line = new(source, part, clock.GetUtcNow(), text);
        lock (_lock)
        {
            if (!_kept.TryGetValue((source, part), out Queue<LogLine>? lines))
                _kept.Add((source, part), lines = new Queue<LogLine>());
            lines.Enqueue(line);
            if (lines.Count > KeptLines)
                lines.Dequeue();
            foreach (Channel<LogLine> follower in _followers)
                follower.Writer.TryWrite(line);
        }
    }

    /// <summary>The last lines of the sources that a filter accepts, oldest first.</summary>
    public IReadOnlyList<LogLine> Last(int count, Func<string, string, bool> wanted)
    {
        lock (_lock)
        {
            return [.. _kept.Where(entry => wanted(entry.Key.Source, entry.Key.Part)).SelectMany(entry => entry.Value).OrderBy(line => line.At).TakeLast(count)];
        }
    }

    /// <summary>The last lines, and then every new one until cancelled; none is missing or double in between.</summary>
    public async IAsyncEnumerable<LogLine> FollowAsync(
        int last, Func<string, string, bool> wanted, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        Channel<LogLine> channel = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(FollowerLines) { FullMode = BoundedChannelFullMode.DropOldest });
        IReadOnlyList<LogLine> before;
        lock (_lock)
        {
            before = Last(last, wanted);
            _followers.Add(channel);
        }

        try
        {
            foreach (LogLine line in before)
                yield return line;
            await foreach (LogLine line in channel.Reader.ReadAllAsync(stop))
            {
                if (wanted(line.Source, line.Part))
                    yield return line;
            }
        }
        finally
        {
            lock (_lock)
                _followers.Remove(channel);
        }
    }
}
