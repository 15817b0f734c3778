using System.Diagnostics;
using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary><c>weft restart</c>: every proxy of a mesh replaced under load, one after the other.</summary>
public sealed class RestartTests(RunningMesh mesh, ITestOutputHelper output) : IClassFixture<RunningMesh>
{
    [Fact]
    public async Task EveryProxyReplacedUnderLoad_LosesNoRequest()
    {
        Dictionary<string, int> before = await ProxiesAsync();
        using CancellationTokenSource done = new();
        Task<List<string>> load = LoadAsync(done.Token);
        (int code, string text, string error) = await RestartAsync("-o", "json");
        await done.CancelAsync();
        Assert.True(code == 0, $"{text}{error}");
        output.WriteLine(text);
        List<string> answers = await load;
        output.WriteLine($"{answers.Count} requests");
        Assert.All(answers, version => Assert.Contains(version, (string[])["v2", "v3"]));

        Dictionary<string, int> after = await ProxiesAsync();
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        Assert.All(after, proxy => Assert.NotEqual(before[proxy.Key], proxy.Value));
        JsonElement[] replaced = [.. JsonDocument.Parse(text).RootElement.EnumerateArray()];
        Assert.All(replaced, one => Assert.Equal(after[one.GetProperty("name").GetString()!], one.GetProperty("newProcessId").GetInt32()));
        Assert.Equal(after.Count, replaced.Length);

        // Each is known to the control plane as before, and the old ones end when they have drained.
        await RunningMesh.UntilAsync("the new proxies are in sync", async () => (await mesh.StatusAsync()).GetProperty("workloads").EnumerateArray()
            .All(workload => workload.GetProperty("proxySynced").GetBoolean()), TimeSpan.FromSeconds(20));
        await RunningMesh.UntilAsync("the old proxies have ended", () => Task.FromResult(!mesh.Processes().Intersect(before.Values).Any()), TimeSpan.FromSeconds(30));
        Assert.DoesNotContain("the proxy ended", mesh.Said, StringComparison.Ordinal);

        (int unknown, _, string why) = await RestartAsync("nobody");
        Assert.Equal(1, unknown);
        Assert.Contains("nobody", why, StringComparison.Ordinal);
    }

    // Seven proxies one after the other, on a busy machine: longer than other commands.
    private async Task<(int Code, string Out, string Error)> RestartAsync(params string[] arguments)
    {
        using Process process = mesh.Start(["restart", .. arguments]);
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token), error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }

    private async Task<Dictionary<string, int>> ProxiesAsync() => (await mesh.StatusAsync()).GetProperty("workloads").EnumerateArray()
        .ToDictionary(workload => workload.GetProperty("name").GetString()!, workload => workload.GetProperty("proxyProcessId").GetInt32());

    private async Task<List<string>> LoadAsync(CancellationToken done)
    {
        // Half of the requests on connections of their own.
        List<string> answers = [];
        while (!done.IsCancellationRequested)
        {
            answers.Add(await mesh.VersionAsync());
            using HttpClient fresh = new(new SocketsHttpHandler { UseProxy = false });
            answers.Add(await mesh.VersionAsync(fresh));
        }

        return answers;
    }
}
