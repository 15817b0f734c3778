using Weft.Proxy.Configuration;
using Weft.Proxy.Model;

namespace Weft.Proxy.Discovery;

/// <summary>
/// Hands each new snapshot of a store to the engine, in order. Whoever changes the store calls <see cref="Publish"/>
/// afterwards; any thread may.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="publish">Puts a snapshot in force, as <c>ProxyEngine.Publish</c> does.</param>
/// <param name="time">The clock; null for the system's.</param>
public sealed class SnapshotPublisher(ConfigurationStore store, Action<ProxySnapshot> publish, TimeProvider? time = null) : IDisposable
{
    private readonly HeapTrim _trim = new(time ?? TimeProvider.System);
    private readonly Lock _lock = new();
    private ProxySnapshot? _last;

    /// <summary>Publishes the store's snapshot if it is a new one.</summary>
    public void Publish()
    {
        lock (_lock)
        {
            var snapshot = store.Snapshot();
            if (!ReferenceEquals(snapshot, _last))
            {
                _last = snapshot;
                publish(snapshot);
                _trim.Touch();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _trim.Dispose();
}
