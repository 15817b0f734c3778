using Envoy.Config.Overload.V3;
using Envoy.Extensions.ResourceMonitors.DownstreamConnections.V3;
using Envoy.Extensions.ResourceMonitors.FixedHeap.V3;
using Weft.Proxy.Model;
using Weft.Proxy.Overload;
using Weft.Xds;
using OverloadAction = Weft.Proxy.Model.OverloadAction;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>The bootstrap's <c>overload_manager</c> → <see cref="OverloadModel"/>.</summary>
internal static class OverloadCompiler
{
    private const string Monitors = XdsTypeUrls.Prefix + "envoy.extensions.resource_monitors.";

    public static OverloadModel Compile(OverloadManager manager, CompileScope scope)
    {
        scope.Refuse(manager.BufferFactoryConfig is not null, "buffer_factory_config");
        scope.Refuse(manager.LoadshedPoints.Count > 0, "loadshed_points");
        long heap = 0, connections = 0;
        string heapName = "";
        for (var i = 0; i < manager.ResourceMonitors.Count; i++)
        {
            var monitor = manager.ResourceMonitors[i];
            var at = scope.Item("resource_monitors", i);
            var type = monitor.TypedConfig?.TypeUrl ?? "";
            switch (type.StartsWith(Monitors, StringComparison.Ordinal) ? type[Monitors.Length..] : type)
            {
                case "fixed_heap.v3.FixedHeapConfig" when heap == 0:
                    heapName = monitor.Name;
                    heap = Positive((long)Math.Min(at.Unpack(monitor.TypedConfig!, FixedHeapConfig.Parser)?.MaxHeapSizeBytes ?? 0, long.MaxValue), at, "max_heap_size_bytes");
                    break;
                case "downstream_connections.v3.DownstreamConnectionsConfig" when connections == 0:
                    connections = Positive(
                        at.Unpack(monitor.TypedConfig!, DownstreamConnectionsConfig.Parser)?.MaxActiveDownstreamConnections ?? 0, at, "max_active_downstream_connections");
                    break;
                case "fixed_heap.v3.FixedHeapConfig" or "downstream_connections.v3.DownstreamConnectionsConfig":
                    at.Error("another monitor watches the same.");
                    break;
                default:
                    at.Field("typed_config").RefuseType(monitor.Name, monitor.TypedConfig);
                    break;
            }
        }

        return new OverloadModel
        {
            RefreshInterval = Interval(manager, scope),
            MaxHeapBytes = heap,
            MaxDownstreamConnections = connections,
            Triggers = Triggers(manager, heapName, scope),
        };
    }

    private static TimeSpan Interval(OverloadManager manager, CompileScope scope)
    {
        var interval = scope.Duration(manager.RefreshInterval, "refresh_interval", TimeSpan.FromSeconds(1));
        var least = TimeSpan.FromMilliseconds(10);
        if (interval >= least && interval <= TimeSpan.FromHours(1))
        {
            return interval;
        }

        scope.Field("refresh_interval").Error("10 ms to one hour are allowed.");
        return least;
    }

    private static long Positive(long value, CompileScope scope, string field)
    {
        if (value <= 0)
        {
            scope.Field("typed_config").Field(field).Error("it must be above zero.");
        }

        return value;
    }

    private static List<OverloadTriggerModel> Triggers(OverloadManager manager, string heapName, CompileScope scope)
    {
        var triggers = new List<OverloadTriggerModel>();
        var seen = new HashSet<OverloadAction>();
        for (var i = 0; i < manager.Actions.Count; i++)
        {
            var action = manager.Actions[i];
            var at = scope.Item("actions", i);
            at.Refuse(action.TypedConfig is not null, "typed_config");
            var kinds = Enum.GetValues<OverloadAction>().Where(k => OverloadMonitor.NameOf(k) == action.Name).ToList();
            if (kinds.Count == 0)
            {
                at.Field("name").Error($"weft-proxy does not support the action `{action.Name}`.");
                continue;
            }

            if (!seen.Add(kinds[0]))
            {
                at.Field("name").Error($"the action `{action.Name}` is there twice.");
            }

            if (action.Triggers.Count == 0)
            {
                at.Error("an action needs a trigger.");
            }

            for (var j = 0; j < action.Triggers.Count; j++)
            {
                if (Trigger(kinds[0], action.Triggers[j], heapName, at.Item("triggers", j)) is { } trigger)
                {
                    triggers.Add(trigger);
                }
            }
        }

        return triggers;
    }

    private static OverloadTriggerModel? Trigger(OverloadAction action, Trigger trigger, string heapName, CompileScope scope)
    {
        if (heapName.Length == 0 || trigger.Name != heapName)
        {
            scope.Field("name").Error($"`{trigger.Name}` is not the name of a memory monitor (`fixed_heap`) under `resource_monitors`; actions follow memory only.");
        }

        switch (trigger.TriggerOneofCase)
        {
            case Envoy.Config.Overload.V3.Trigger.TriggerOneofOneofCase.Threshold:
                var value = Share(trigger.Threshold.Value, scope.Field("threshold"), "value");
                return new OverloadTriggerModel(action, value, value);
            case Envoy.Config.Overload.V3.Trigger.TriggerOneofOneofCase.Scaled:
                var at = scope.Field("scaled");
                var scaling = Share(trigger.Scaled.ScalingThreshold, at, "scaling_threshold");
                var saturation = Share(trigger.Scaled.SaturationThreshold, at, "saturation_threshold");
                if (saturation <= scaling)
                {
                    at.Field("saturation_threshold").Error("it must be above `scaling_threshold`.");
                }

                return new OverloadTriggerModel(action, scaling, saturation);
            default:
                scope.Error("a trigger is a `threshold` or `scaled`.");
                return null;
        }
    }

    private static double Share(double value, CompileScope scope, string field)
    {
        if (value is not (>= 0 and <= 1))
        {
            scope.Field(field).Error($"{value} is out of range: 0 to 1 is allowed.");
        }

        return value;
    }
}
