namespace Weft.Proxy.Telemetry;

/// <summary>An interned <see cref="WorkloadLabels"/>: a number that is the same on all workers. The default is "unknown".</summary>
public readonly record struct PeerHandle
{
    internal PeerHandle(int id) => Id = id;

    internal int Id { get; }
}
