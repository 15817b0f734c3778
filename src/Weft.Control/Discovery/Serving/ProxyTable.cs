using System.Collections.Concurrent;

namespace Weft.Control.Discovery.Serving;

/// <summary>The proxies that are or were connected. Thread-safe.</summary>
public sealed class ProxyTable(ServingOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ProxyStream> _streams = [];
    private readonly ConcurrentDictionary<string, ProxyStatus> _departed = [];
    private int _open;

    /// <summary>Every proxy by name; the connected ones as they are now.</summary>
    public IReadOnlyList<ProxyStatus> All() =>
    [
        .. _streams.Values.Select(stream => stream.Status())
            .Concat(_departed.Values.Where(status => !_streams.ContainsKey(status.NodeId)))
            .OrderBy(status => status.NodeId, StringComparer.Ordinal),
    ];

    /// <summary>The connected proxy with this node id, or null.</summary>
    internal ProxyStream? Find(string nodeId) => _streams.GetValueOrDefault(nodeId);

    /// <summary>Counts a new stream; false when there are too many.</summary>
    internal bool TryOpen()
    {
        if (Interlocked.Increment(ref _open) <= options.MaxStreams)
            return true;
        Interlocked.Decrement(ref _open);
        return false;
    }

    /// <summary>A stream has said who it is. A newer stream of the same node takes the older one's place in the table.</summary>
    internal void Connected(string nodeId, ProxyStream stream)
    {
        _streams[nodeId] = stream;
        _departed.TryRemove(nodeId, out _);
    }

    /// <summary>A stream has ended.</summary>
    internal void Closed(string? nodeId, ProxyStream stream)
    {
        Interlocked.Decrement(ref _open);
        if (nodeId is null || !_streams.TryRemove(new KeyValuePair<string, ProxyStream>(nodeId, stream)))
            return;
        _departed[nodeId] = stream.Status() with { Connected = false, Since = time.GetUtcNow() };
        while (_departed.Count > options.MaxDepartedProxies && _departed.Values.MinBy(status => status.Since) is { } oldest)
            _departed.TryRemove(oldest.NodeId, out _);
    }
}
