using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary>Processes that die by <c>kill -9</c>, one mesh for each test that ends it.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private readonly RunningMesh _mesh = new();

    public ValueTask InitializeAsync() => _mesh.InitializeAsync();

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    [Fact]
    public async Task TheControlPlaneDies_NoRequestFailsAndItComesBack()
    {
        int before = (await _mesh.StatusAsync()).GetProperty("controlPlane").GetProperty("processId").GetInt32();
        using CancellationTokenSource done = new();
        Task<List<string>> load = LoadAsync(done.Token);
        RunningMesh.Signal(before, "KILL");
        await RunningMesh.UntilAsync("a new control plane serves", async () =>
        {
            JsonElement control = (await _mesh.StatusAsync()).GetProperty("controlPlane");
            return control.GetProperty("ready").GetBoolean() && control.GetProperty("processId").GetInt32() != before;
        }, TimeSpan.FromSeconds(15));
        await RunningMesh.UntilAsync("the proxies are in sync again", async () => (await _mesh.StatusAsync()).GetProperty("workloads").EnumerateArray()
            .All(workload => workload.GetProperty("proxySynced").GetBoolean()), TimeSpan.FromSeconds(20));

        string reviews = Path.Combine(_mesh.Yaml, "reviews.yaml");
        await File.WriteAllTextAsync(reviews, (await File.ReadAllTextAsync(reviews)).Replace("subset: v2}", "subset: v3}", StringComparison.Ordinal));
        await RunningMesh.UntilAsync("a change arrives", async () => (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _mesh.VersionAsync()))).All(version => version == "v3"), TimeSpan.FromSeconds(5));
        await done.CancelAsync();
        Assert.All(await load, version => Assert.Contains(version, (string[])["v2", "v3"]));
    }

    [Fact]
    public async Task AProxyDies_ItsServiceComesBack()
    {
        JsonElement storefront = await _mesh.WorkloadAsync("storefront");
        int proxy = storefront.GetProperty("proxyProcessId").GetInt32(), app = storefront.GetProperty("appProcessId").GetInt32();
        RunningMesh.Signal(proxy, "KILL");
        await RunningMesh.UntilAsync("a new proxy serves", async () =>
        {
            JsonElement now = await _mesh.WorkloadAsync("storefront");
            return now.GetProperty("proxyReady").GetBoolean() && now.GetProperty("proxyProcessId").GetInt32() != proxy;
        }, TimeSpan.FromSeconds(15));
        await RunningMesh.UntilAsync("the shop answers", async () => await _mesh.VersionAsync() is "v2" or "v3", TimeSpan.FromSeconds(10));
        Assert.Equal(app, (await _mesh.WorkloadAsync("storefront")).GetProperty("appProcessId").GetInt32());
    }

    [Fact]
    public async Task AProgramDies_ItIsStartedAgainAndItsLastLinesAreShown()
    {
        int ratings = (await _mesh.WorkloadAsync("ratings")).GetProperty("appProcessId").GetInt32();
        RunningMesh.Signal(ratings, "KILL");
        await RunningMesh.UntilAsync("it runs again", async () =>
        {
            JsonElement now = await _mesh.WorkloadAsync("ratings");
            return now.GetProperty("state").GetString() == "Ready" && now.GetProperty("appProcessId").GetInt32() != ratings;
        }, TimeSpan.FromSeconds(15));
        Assert.Contains("signal 9 (killed)", _mesh.Said, StringComparison.Ordinal);
        Assert.Contains("ratings listens on", _mesh.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheSupervisorDies_NothingIsLeftBehind()
    {
        Assert.True(_mesh.Processes().Count > 14);
        RunningMesh.Signal(_mesh.Supervisor.Id, "KILL");
        await RunningMesh.UntilAsync("every process has ended", () => Task.FromResult(_mesh.Processes().Count == 0), TimeSpan.FromSeconds(10));
        (int code, _, string error) = await _mesh.WeftAsync("status");
        Assert.Equal(2, code);
        Assert.Contains("No mesh is running", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("down")]
    public async Task AnOrderlyStop_EndsWithZeroAndLeavesNothingBehind(string how)
    {
        if (how == "down")
            Assert.Equal(0, (await _mesh.WeftAsync("down")).Code);
        else
            RunningMesh.Signal(_mesh.Supervisor.Id, how);
        await _mesh.Supervisor.WaitForExitAsync().WaitAsync(RunningMesh.Deadline);
        Assert.Equal(0, _mesh.Supervisor.ExitCode);
        await RunningMesh.UntilAsync("every process has ended", () => Task.FromResult(_mesh.Processes().Count == 0), TimeSpan.FromSeconds(2));
    }

    private async Task<List<string>> LoadAsync(CancellationToken done)
    {
        // Half of the requests on connections of their own: new connections must work too.
        List<string> answers = [];
        while (!done.IsCancellationRequested)
        {
            answers.Add(await _mesh.VersionAsync());
            using HttpClient fresh = new(new SocketsHttpHandler { UseProxy = false });
            answers.Add(await _mesh.VersionAsync(fresh));
        }

        return answers;
    }
}
