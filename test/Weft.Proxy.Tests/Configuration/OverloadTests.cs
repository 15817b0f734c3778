using Weft.Proxy.Configuration;
using Weft.Proxy.Model;

namespace Weft.Proxy.Tests.Configuration;

/// <summary>The bootstrap's <c>overload_manager</c>: what it says is in force, and what is not supported is refused by name.</summary>
public class OverloadTests
{
    private const string Heap = """{ name: envoy.resource_monitors.fixed_heap, typed_config: { "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig, max_heap_size_bytes: 1000 } }""";
    private const string Connections = """{ name: envoy.resource_monitors.global_downstream_max_connections, typed_config: { "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig, max_active_downstream_connections: 50 } }""";

    [Fact]
    public void EnvoysEdgeExample_IsRead()
    {
        OverloadModel model = Load($$"""
            overload_manager:
              refresh_interval: 0.25s
              resource_monitors: [ {{Heap}}, {{Connections}} ]
              actions:
              - { name: envoy.overload_actions.shrink_heap, triggers: [ { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.95 } } ] }
              - { name: envoy.overload_actions.stop_accepting_requests, triggers: [ { name: envoy.resource_monitors.fixed_heap, scaled: { scaling_threshold: 0.9, saturation_threshold: 0.98 } } ] }
            """).Bootstrap!.Overload!;
        Assert.Equal((TimeSpan.FromMilliseconds(250), 1000, 50), (model.RefreshInterval, model.MaxHeapBytes, model.MaxDownstreamConnections));
        Assert.Equal(
            [new OverloadTriggerModel(OverloadAction.ShrinkHeap, 0.95, 0.95), new OverloadTriggerModel(OverloadAction.StopAcceptingRequests, 0.9, 0.98)], model.Triggers);
    }

    [Fact]
    public void WithoutOverloadManager_TheDefaultsDecide() => Assert.Null(Load("{}").Bootstrap!.Overload);

    [Theory]
    [InlineData("buffer_factory_config: {}", "overload_manager.buffer_factory_config")]
    [InlineData("loadshed_points: [ { name: x } ]", "overload_manager.loadshed_points")]
    [InlineData("refresh_interval: 0.001s", "overload_manager.refresh_interval")]
    [InlineData("actions: [ { name: envoy.overload_actions.reduce_timeouts } ]", "reduce_timeouts")]
    [InlineData("actions: [ { name: envoy.overload_actions.reset_high_memory_stream } ]", "reset_high_memory_stream")]
    [InlineData("actions: [ { name: envoy.overload_actions.shrink_heap } ]", "an action needs a trigger")]
    [InlineData("actions: [ { name: envoy.overload_actions.shrink_heap, triggers: [ { name: other, threshold: { value: 0.9 } } ] } ]", "`other` is not the name of a memory monitor")]
    [InlineData("actions: [ { name: envoy.overload_actions.shrink_heap, triggers: [ { name: envoy.resource_monitors.fixed_heap, threshold: { value: 1.5 } } ] } ]", "triggers[0].threshold.value")]
    [InlineData("actions: [ { name: envoy.overload_actions.shrink_heap, triggers: [ { name: envoy.resource_monitors.fixed_heap } ] } ]", "a trigger is")]
    [InlineData("actions: [ { name: envoy.overload_actions.shrink_heap, triggers: [ { name: envoy.resource_monitors.fixed_heap, scaled: { scaling_threshold: 0.9, saturation_threshold: 0.9 } } ] } ]", "must be above `scaling_threshold`")]
    public void WhatIsNotSupportedOrWrong_IsNamed(string more, string named)
    {
        BootstrapResult result = Load($$"""
            overload_manager:
              resource_monitors: [ {{Heap}} ]
              {{more}}
            """);
        Assert.Null(result.Bootstrap);
        Assert.Contains(named, string.Join('\n', result.Errors));
    }

    [Theory]
    [InlineData("""{ name: x, typed_config: { "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig } }""", "max_heap_size_bytes")]
    [InlineData(Heap + ", " + Heap, "another monitor")]
    [InlineData("{ name: envoy.resource_monitors.cpu_utilization }", "cpu_utilization")]
    public void MonitorThatIsNotSupportedOrWrong_IsNamed(string monitors, string named)
    {
        BootstrapResult result = Load($"overload_manager: {{ resource_monitors: [ {monitors} ] }}");
        Assert.Null(result.Bootstrap);
        Assert.Contains(named, string.Join('\n', result.Errors));
    }

    private static BootstrapResult Load(string text) => BootstrapLoader.Parse("b.yaml", text, TimeProvider.System);
}
