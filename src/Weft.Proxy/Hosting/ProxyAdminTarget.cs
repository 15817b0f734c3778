using Envoy.Config.Core.V3;
using Weft.Proxy.Admin;
using Weft.Proxy.Configuration;
using Weft.Proxy.Engine;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;

namespace Weft.Proxy.Hosting;

/// <summary>The running proxy as its admin pages see and change it. Thread-safe.</summary>
/// <param name="engine">The data plane.</param>
/// <param name="store">Its configuration.</param>
/// <param name="node">Who it is.</param>
/// <param name="log">Whose level the admin pages change.</param>
/// <param name="quit">Ends the process in good order; returns at once.</param>
/// <param name="waitingFor">Why the proxy is not ready yet, as a sentence; empty when it is.</param>
/// <param name="epoch">See <see cref="IAdminTarget.RestartEpoch"/>.</param>
/// <param name="age">See <see cref="IAdminTarget.Age"/>.</param>
internal sealed class ProxyAdminTarget(ProxyEngine engine, ConfigurationStore store, Node node, ProxyLog log, Action quit, Func<string> waitingFor, Func<int> epoch, Func<TimeSpan> age)
    : IAdminTarget
{
    private volatile bool _draining;
    private volatile bool _wasReady;
    private volatile bool _healthFailed;

    /// <inheritdoc/>
    public ServerState State =>
        _draining || _healthFailed ? ServerState.Draining : WaitingFor.Length == 0 ? ServerState.Live : ServerState.Initializing;

    /// <inheritdoc/>
    public string WaitingFor
    {
        get
        {
            // Ready once is ready for good: a control plane that goes away later must not take its proxies out of service.
            if (_wasReady) return "";
            string why = waitingFor();
            if (why.Length == 0) _wasReady = true;
            return why;
        }
    }

    /// <inheritdoc/>
    public ProxySnapshot Snapshot => store.Snapshot();

    /// <inheritdoc/>
    public (string Id, string Cluster) Node => (node.Id, node.Cluster);

    /// <inheritdoc/>
    public int RestartEpoch => epoch();

    /// <inheritdoc/>
    public TimeSpan Age => age();

    /// <inheritdoc/>
    public int Concurrency => engine.Workers.Count;

    /// <inheritdoc/>
    public long DownstreamConnections => engine.DownstreamConnections;

    /// <inheritdoc/>
    public IReadOnlyList<SlowDetection> SlowDetections => engine.SlowDetections.All;

    /// <inheritdoc/>
    public string LogLevel
    {
        get => log.Level;
        set => log.Level = value;
    }

    /// <inheritdoc/>
    public NetworkAddress BoundAddress(string listener) => engine.BoundAddress(listener);

    /// <inheritdoc/>
    public void WriteConfigDump(Stream stream, bool includeEndpoints) => ConfigDumpWriter.Write(stream, store.Report(), includeEndpoints);

    /// <inheritdoc/>
    public void FailHealthCheck(bool fail)
    {
        _healthFailed = fail;
        engine.EndsKeepalive = fail;
    }

    /// <inheritdoc/>
    public void DrainListeners()
    {
        _draining = true;
        _ = engine.DrainAsync(TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public void Quit() => quit();

    /// <summary>Readiness fails from now on; called first when the process ends.</summary>
    public void StartDraining() => _draining = true;
}
