using System.Globalization;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Overload;

/// <summary>
/// Measures memory now and then, beside the workers, and sets the levels that they read. An action that has begun ends only when the pressure has fallen
/// 2 % below its trigger, so that it does not begin and end with every measurement. While any action is in force, unused memory is given back to the
/// system every five seconds, for what was refused leaves garbage that nobody else would collect.
/// </summary>
public sealed class OverloadMonitor : IDisposable
{
    /// <summary>How far below its trigger an action ends.</summary>
    internal const double Hysteresis = 0.02;

    private static readonly TimeSpan s_shrinkInterval = TimeSpan.FromSeconds(5);
    private readonly OverloadModel _model;
    private readonly OverloadState _state;
    private readonly Func<long> _measure;
    private readonly Func<Task> _shrink;
    private readonly TimeProvider _time;
    private readonly Action<string> _log;
    private readonly Lock _lock = new();
    private readonly ITimer? _timer;
    private long _shrunk;
    private long _shrinks;
    private long _failures;
    private int _isShrinking;
    private double _pressure;

    /// <summary>Starts measuring, if there is a limit.</summary>
    /// <param name="model">The limits.</param>
    /// <param name="state">Takes the levels.</param>
    /// <param name="measure">The resident memory in bytes; negative when it cannot be told.</param>
    /// <param name="shrink">Gives unused memory back; not called again before it is done.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Takes a sentence when an action begins or ends.</param>
    public OverloadMonitor(OverloadModel model, OverloadState state, Func<long> measure, Func<Task> shrink, TimeProvider time, Action<string> log)
    {
        _model = model;
        _state = state;
        _measure = measure;
        _shrink = shrink;
        _time = time;
        _log = log;
        _shrunk = long.MinValue;
        if (model.MaxHeapBytes > 0) _timer = time.CreateTimer(_ => Refresh(), null, model.RefreshInterval, model.RefreshInterval);
    }

    /// <summary>How often memory was given back.</summary>
    public long Shrinks => Volatile.Read(ref _shrinks);

    /// <summary>Envoy's name of an action.</summary>
    public static string NameOf(OverloadAction action) => action switch
    {
        OverloadAction.ShrinkHeap => "envoy.overload_actions.shrink_heap",
        OverloadAction.DisableHttpKeepalive => "envoy.overload_actions.disable_http_keepalive",
        OverloadAction.StopAcceptingRequests => "envoy.overload_actions.stop_accepting_requests",
        OverloadAction.StopAcceptingConnections => "envoy.overload_actions.stop_accepting_connections",
        _ => "envoy.overload_actions.reject_incoming_connections",
    };

    /// <summary>Adds Envoy's statistics of what is configured.</summary>
    public void AddStatistics(ProxyTelemetry telemetry)
    {
        if (_model.MaxHeapBytes > 0)
        {
            telemetry.AddGlobalStat(new GlobalStat("overload.envoy.resource_monitors.fixed_heap.pressure", true, () => (long)(100 * Volatile.Read(ref _pressure))));
            telemetry.AddGlobalStat(new GlobalStat("overload.envoy.resource_monitors.fixed_heap.failed_updates", false, () => Volatile.Read(ref _failures)));
            telemetry.AddGlobalStat(new GlobalStat("overload.envoy.overload_actions.shrink_heap.shrink_count", false, () => Shrinks));
        }

        if (_model.MaxDownstreamConnections > 0)
        {
            telemetry.AddGlobalStat(new GlobalStat(
                "overload.envoy.resource_monitors.global_downstream_max_connections.pressure", true, () => 100 * _state.Connections / _model.MaxDownstreamConnections));
        }

        foreach (OverloadAction action in _model.Triggers.Select(static trigger => trigger.Action).Distinct())
        {
            telemetry.AddGlobalStat(new GlobalStat($"overload.{NameOf(action)}.active", true, () => _state.Level(action) > 0 ? 1 : 0));
            telemetry.AddGlobalStat(new GlobalStat($"overload.{NameOf(action)}.scale_percent", true, () => _state.Level(action) * 100 / OverloadState.Saturated));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Measures and decides; the timer's work, and a test's.</summary>
    internal void Refresh()
    {
        bool anything = false;
        lock (_lock)
        {
            long bytes = _measure();
            if (bytes < 0)
            {
                _failures++;
                return;
            }

            double pressure = (double)bytes / _model.MaxHeapBytes;
            Volatile.Write(ref _pressure, pressure);
            foreach (OverloadAction action in Enum.GetValues<OverloadAction>())
            {
                int before = _state.Level(action), now = LevelOf(action, pressure, before > 0);
                if (now != before) _state.Set(action, now);
                anything |= now > 0;
                if (now > 0 != before > 0) Tell(action, now > 0, bytes);
            }
        }

        if (anything) Shrink();
    }

    private int LevelOf(OverloadAction action, double pressure, bool wasActive)
    {
        int level = 0;
        foreach (OverloadTriggerModel trigger in _model.Triggers)
        {
            if (trigger.Action != action) continue;
            int own = pressure >= trigger.Saturation ? OverloadState.Saturated
                : pressure >= trigger.Scaling ? Math.Max((int)(OverloadState.Saturated * (pressure - trigger.Scaling) / (trigger.Saturation - trigger.Scaling)), 1)
                : wasActive && pressure >= trigger.Scaling - Hysteresis ? trigger.Scaling < trigger.Saturation ? 1 : OverloadState.Saturated
                : 0;
            level = Math.Max(level, own);
        }

        return level;
    }

    private void Tell(OverloadAction action, bool begins, long bytes) => _log(string.Create(
        CultureInfo.InvariantCulture,
        $"Overload: {NameOf(action)} {(begins ? "begins" : "ends")} at {bytes >> 20} of {_model.MaxHeapBytes >> 20} MiB of memory."));

    private void Shrink()
    {
        long now = _time.GetTimestamp();
        if (_shrunk != long.MinValue && _time.GetElapsedTime(_shrunk, now) < s_shrinkInterval) return;
        if (Interlocked.Exchange(ref _isShrinking, 1) == 1) return;
        _shrunk = now;
        _ = ShrinkAsync();
    }

    private async Task ShrinkAsync()
    {
        try
        {
            await _shrink().ConfigureAwait(false);
            Interlocked.Increment(ref _shrinks);
        }
        finally
        {
            Volatile.Write(ref _isShrinking, 0);
        }
    }
}
