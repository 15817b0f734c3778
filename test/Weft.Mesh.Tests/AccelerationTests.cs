using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary>The bookshop with its loopback connections joined in the kernel: it works as before, what went straight is counted, and nothing is left behind, however it ends.</summary>
public sealed class AccelerationTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task AcceleratedMesh_ServesAndLeavesNothingBehind(string signal)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Loading eBPF programs needs root.");
        HashSet<string> before = Attached();
        RunningMesh mesh = new() { Options = ["--accelerate"] };
        try
        {
            await mesh.InitializeAsync();
            for (int i = 0; i < 20; i++)
                Assert.Contains(await mesh.VersionAsync(), new[] { "v2", "v3" });
            Assert.Equal(0, (await mesh.StatusAsync()).GetProperty("workloads").EnumerateArray().Count(workload => workload.GetProperty("state").GetString() != "Ready"));

            string name = Assert.Single(Attached().Except(before));
            (int code, string text, string error) = await mesh.WeftAsync("kernel", "status", "-o", "json");
            Assert.True(code == 0, error);
            JsonElement counters = JsonDocument.Parse(text).RootElement.EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);
            // Client to gateway, gateway to proxy, proxy to program and on: three hops deep, at least ten messages a request.
            Assert.True(counters.GetProperty("forwardedMessages").GetInt64() >= 200, text);
            Assert.Equal(0, counters.GetProperty("refused").GetInt64());

            RunningMesh.Signal(mesh.Supervisor.Id, signal);
            await mesh.Supervisor.WaitForExitAsync().WaitAsync(RunningMesh.Deadline);
            await RunningMesh.UntilAsync("nothing is attached", () => Task.FromResult(Attached().SetEquals(before)), RunningMesh.Deadline);
            await RunningMesh.UntilAsync("the control group is gone", () => Task.FromResult(!Directory.Exists($"/sys/fs/cgroup/unified/weft-{name}") && !Directory.Exists($"/sys/fs/cgroup/weft-{name}")), RunningMesh.Deadline);
        }
        finally
        {
            await mesh.DisposeAsync();
        }

        Assert.Empty(mesh.Processes());
    }

    private static HashSet<string> Attached() =>
        Directory.Exists("/sys/fs/bpf/weft/v1") ? [.. Directory.EnumerateDirectories("/sys/fs/bpf/weft/v1").Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith("weft-", StringComparison.Ordinal))] : [];
}
