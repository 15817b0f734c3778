using Microsoft.Extensions.Time.Testing;
using Weft.Proxy.Model;
using Weft.Proxy.Overload;
using Weft.Proxy.Telemetry;

namespace Weft.Proxy.Tests.Overload;

/// <summary>Which action is in force at which memory pressure, and when it ends.</summary>
public sealed class OverloadMonitorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly OverloadState _state = new(0);
    private readonly List<string> _said = [];
    private readonly OverloadMonitor _monitor;
    private long _bytes;
    private int _shrinks;

    public OverloadMonitorTests() => _monitor = Monitor(OverloadModel.ForMemory(1000));

    public void Dispose() => _monitor.Dispose();

    [Fact]
    public void PressureThatRisesAndFalls_EntersAndLeavesEachStepInOrder()
    {
        // One per mille of the limit each: shrink, keep-alive, requests, connections.
        (int Bytes, string Active)[] steps =
        [
            (0, "...."), (849, "...."), (850, "S..."), (899, "S..."), (900, "SK.."), (950, "SKR."), (979, "SKR."), (980, "SKRC"), (1200, "SKRC"),
            (961, "SKRC"), (959, "SKR."), (931, "SKR."), (929, "SK.."), (881, "SK.."), (879, "S..."), (831, "S..."), (829, "...."), (849, "...."),
        ];
        foreach ((int bytes, string active) in steps)
        {
            _bytes = bytes;
            _time.Advance(TimeSpan.FromMilliseconds(250));
            Assert.Equal((bytes, active), (bytes, Active()));
        }

        Assert.Equal(8, _said.Count);
        Assert.Equal("Overload: envoy.overload_actions.shrink_heap begins at 0 of 0 MiB of memory.", _said[0]);
    }

    [Fact]
    public void ScaledAction_StrikesItsShareOfCases()
    {
        using OverloadMonitor monitor = Monitor(new OverloadModel { MaxHeapBytes = 1000, Triggers = [new OverloadTriggerModel(OverloadAction.StopAcceptingRequests, 0.8, 0.9)] });
        Random random = new(5);
        foreach ((int bytes, int percent) in ((int, int)[])[(799, 0), (825, 25), (850, 50), (900, 100)])
        {
            _bytes = bytes;
            monitor.Refresh();
            int struck = Enumerable.Range(0, 10_000).Count(_ => _state.Strikes(OverloadAction.StopAcceptingRequests, random));
            Assert.InRange(struck, (percent * 100) - 200, (percent * 100) + 200);
        }
    }

    [Fact]
    public void MemoryIsGivenBack_AtOnceAndThenEveryFiveSecondsWhileAnythingIsInForce()
    {
        _bytes = 990;
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(1, _shrinks);
        for (int i = 0; i < 20; i++) _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(2, _shrinks);
        _bytes = 0;
        for (int i = 0; i < 80; i++) _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(2, _shrinks);
    }

    [Fact]
    public void MemoryThatCannotBeRead_ChangesNothingAndIsCounted()
    {
        using ProxyTelemetry telemetry = new(WorkloadLabels.Unknown);
        _monitor.AddStatistics(telemetry);
        _bytes = 960;
        _monitor.Refresh();
        _bytes = -1;
        _monitor.Refresh();
        Assert.Equal("SKR.", Active());
        Dictionary<string, long> stats = new(StatsPage.Read(telemetry, null, usedOnly: false));
        Assert.Equal(96, stats["overload.envoy.resource_monitors.fixed_heap.pressure"]);
        Assert.Equal(1, stats["overload.envoy.resource_monitors.fixed_heap.failed_updates"]);
        Assert.Equal(1, stats["overload.envoy.overload_actions.stop_accepting_requests.active"]);
        Assert.Equal(100, stats["overload.envoy.overload_actions.stop_accepting_requests.scale_percent"]);
        Assert.Equal(0, stats["overload.envoy.overload_actions.stop_accepting_connections.active"]);
    }

    [Fact]
    public void ResidentMemory_IsWhatTheSystemSays()
    {
        // Other tests come and go in this process meanwhile.
        using ResidentMemory memory = new();
        long measured = memory.Measure();
        Assert.InRange(measured, Environment.WorkingSet / 2, Environment.WorkingSet * 2);
    }

    [Theory]
    [InlineData("0::/a/b\n", "a/b/memory.max=max;a/memory.max=400\n", 300)]
    [InlineData("0::/a/b\n", "a/b/memory.max=100;a/memory.max=400\n", 75)]
    [InlineData("0::/\n", "memory.max=800\n", 600)]
    [InlineData("0::/a\n", "a/memory.max=max\n", 0)]
    [InlineData("3:cpu:/x\n9:hugetlb,memory:/a\n0::/\n", "memory/a/memory.limit_in_bytes=1000", 750)]
    [InlineData("9:memory:/a\n", "memory/a/memory.limit_in_bytes=9223372036854771712", 0)]
    [InlineData("", "", 0)]
    public void ControlGroupsLimit_IsTheLeastOnTheWayUp(string membership, string files, long limit)
    {
        string root = Directory.CreateTempSubdirectory("weft-cgroup-").FullName;
        try
        {
            foreach (string file in files.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                string path = Path.Combine(root, file[..file.IndexOf('=')]);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, file[(file.IndexOf('=') + 1)..] + "\n");
            }

            string own = Path.Combine(root, "cgroup");
            File.WriteAllText(own, membership);
            Assert.Equal(limit, ResidentMemory.Limit(own, root));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private string Active() => string.Concat(new[] { OverloadAction.ShrinkHeap, OverloadAction.DisableHttpKeepalive, OverloadAction.StopAcceptingRequests, OverloadAction.StopAcceptingConnections }
        .Zip("SKRC", (action, letter) => _state.IsSaturated(action) ? letter : '.'));

    private OverloadMonitor Monitor(OverloadModel model) => new(
        model,
        _state,
        () => _bytes,
        () =>
        {
            _shrinks++;
            return Task.CompletedTask;
        },
        _time,
        _said.Add);
}
