using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary>A mesh whose files, YAML and state, lie in a file system that fills up while it runs.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const string Full = "cannot be written: the file system is full. Free some space there";
    private readonly RunningMesh _mesh = new() { DiskBytes = 2 * 1024 * 1024 };
    private readonly string _outside = Directory.CreateTempSubdirectory("weft-outside-").FullName;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a file system needs root.");
        try
        {
            await _mesh.InitializeAsync();
        }
        catch
        {
            // Nobody disposes of a test that did not begin, and the file system would stay.
            await _mesh.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _mesh.DisposeAsync();
        Directory.Delete(_outside, recursive: true);
    }

    [Fact]
    public async Task Commands_SayWhichFileAndWhatToDoAndChangeNothing()
    {
        _mesh.FillDisk();
        string reviews = Path.Combine(_mesh.Yaml, "reviews.yaml"), before = await File.ReadAllTextAsync(reviews);
        string change = Path.Combine(_outside, "change.yaml");
        await File.WriteAllTextAsync(change, before[..before.IndexOf("---", StringComparison.Ordinal)].Replace("weight: 50", "weight: 51", StringComparison.Ordinal).Replace("v3}\n          weight: 51", "v3}\n          weight: 49", StringComparison.Ordinal));
        (int code, string text, string error) = await _mesh.WeftAsync("apply", "-f", change);
        Assert.Equal((2, ""), (code, text));
        Assert.StartsWith($"weft: {reviews} {Full}", error, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was changed.\n", error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(reviews));

        string state = Path.Combine(Path.GetDirectoryName(_mesh.State)!, "second");
        (code, _, error) = await _mesh.WeftAsync("up", _mesh.Yaml, "--state", state);
        Assert.Equal(2, code);
        Assert.StartsWith($"weft: {state}", error, StringComparison.Ordinal);
        Assert.Contains(Full, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Contains(await _mesh.VersionAsync(), (string[])["v2", "v3"]);
    }

    [Fact]
    public async Task WhatRuns_GoesOnAndComesBack()
    {
        _mesh.FillDisk();
        int ratings = (await _mesh.WorkloadAsync("ratings")).GetProperty("appProcessId").GetInt32();
        int control = (await _mesh.StatusAsync()).GetProperty("controlPlane").GetProperty("processId").GetInt32();
        int storefront = (await _mesh.WorkloadAsync("storefront")).GetProperty("proxyProcessId").GetInt32();
        foreach (int process in (int[])[ratings, control, storefront])
            RunningMesh.Signal(process, "KILL");
        await RunningMesh.UntilAsync("program, proxy and control plane run again", async () =>
        {
            JsonElement status = await _mesh.StatusAsync();
            JsonElement[] workloads = [.. status.GetProperty("workloads").EnumerateArray()];
            return status.GetProperty("controlPlane").GetProperty("ready").GetBoolean()
                && workloads.All(workload => workload.GetProperty("state").GetString() == "Ready" && workload.GetProperty("proxySynced").GetBoolean())
                && workloads.Single(workload => workload.GetProperty("name").GetString() == "ratings").GetProperty("appProcessId").GetInt32() != ratings;
        }, RunningMesh.Deadline);
        await RunningMesh.UntilAsync("the shop answers", async () => await _mesh.VersionAsync() is "v2" or "v3", TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("   at ", _mesh.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANewWorkload_SaysWhyItDoesNotStartAndStartsWhenThereIsRoom()
    {
        string filling = _mesh.FillDisk();
        string workload = Path.Combine(_outside, "late.yaml");
        await File.WriteAllTextAsync(workload, "apiVersion: weft.dev/v1alpha1\nkind: Workload\nmetadata: {name: late}\nspec: {command: [sleep, \"1000\"]}\n");
        File.CreateSymbolicLink(Path.Combine(_mesh.Yaml, "late.yaml"), workload);
        await RunningMesh.UntilAsync("it is said", () => Task.FromResult(_mesh.Said.Contains(Full, StringComparison.Ordinal)), TimeSpan.FromSeconds(10));
        Assert.Equal("Restarting", (await _mesh.WorkloadAsync("late")).GetProperty("state").GetString());
        Assert.Contains(await _mesh.VersionAsync(), (string[])["v2", "v3"]);

        File.Delete(filling);
        await RunningMesh.UntilAsync("it runs", async () => (await _mesh.WorkloadAsync("late")).GetProperty("state").GetString() == "Ready", RunningMesh.Deadline);
        Assert.Equal(0, (await _mesh.WeftAsync("down")).Code);
        await _mesh.Supervisor.WaitForExitAsync().WaitAsync(RunningMesh.Deadline);
        Assert.Equal(0, _mesh.Supervisor.ExitCode);
    }
}
