using System.Collections.Concurrent;

namespace Weft.Proxy.Listeners;

/// <summary>
/// The ports that are slow because their protocol is found out by looking, so that people can be told to declare it (the admin page <c>/slow_detection</c>). Holds at most
/// <see cref="Capacity"/>; what comes beyond is not remembered, for it says the same. Any thread; a worker takes no lock but when a port is new.
/// </summary>
internal sealed class SlowDetections
{
    /// <summary>How many ports are remembered.</summary>
    public const int Capacity = 64;

    /// <summary>A shorter wait is none that anybody notices.</summary>
    public const long NoticeableMs = 50;

    private readonly ConcurrentDictionary<(string Listener, string Service, int Port), Sum> _sums = new();

    /// <summary>What is remembered now, the longest waits first.</summary>
    public IReadOnlyList<SlowDetection> All => [.. _sums
        .Select(static sum => new SlowDetection(sum.Key.Listener, sum.Key.Service, sum.Key.Port, Interlocked.Read(ref sum.Value.Connections), TimeSpan.FromMilliseconds(Interlocked.Read(ref sum.Value.WaitedMs))))
        .OrderByDescending(static slow => slow.Waited)];

    /// <summary>A client was waited for, and then its server spoke first.</summary>
    public void Add(string listener, string service, int port, long waitedMs)
    {
        if (waitedMs < NoticeableMs) return;
        (string, string, int) key = (listener, service, port);
        if (!_sums.TryGetValue(key, out Sum? sum))
        {
            // Two workers at once may pass the bound by one.
            if (_sums.Count >= Capacity) return;
            sum = _sums.GetOrAdd(key, static _ => new Sum());
        }

        Interlocked.Increment(ref sum.Connections);
        Interlocked.Add(ref sum.WaitedMs, waitedMs);
    }

    private sealed class Sum
    {
        public long Connections;
        public long WaitedMs;
    }
}
