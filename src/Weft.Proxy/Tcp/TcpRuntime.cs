using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tcp;

/// <summary>A TCP proxy made ready. Immutable but for the workers' own telemetry, of which each touches its element only.</summary>
internal sealed class TcpRuntime(ListenerModel listener, TcpProxyModel model, int workers)
{
    private readonly TcpTelemetry?[] _telemetry = new TcpTelemetry?[workers];

    public TcpProxyModel Model { get; } = model;

    public TcpTelemetry TelemetryOf(Worker worker) => _telemetry[worker.Index] ??= worker.Telemetry.Tcp(listener, Model);
}
