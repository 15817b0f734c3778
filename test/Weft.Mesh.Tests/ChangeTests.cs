namespace Weft.Mesh.Tests;

/// <summary>Changes to a running mesh's files.</summary>
public sealed class ChangeTests(RunningMesh mesh, ITestOutputHelper output) : IClassFixture<RunningMesh>
{
    private string Reviews => Path.Combine(mesh.Yaml, "reviews.yaml");

    [Fact]
    public async Task AnEdit_IsInForceWithinASecond()
    {
        string before = await File.ReadAllTextAsync(Reviews);
        try
        {
            foreach (string version in (string[])["v1", "v3", "v2"])
            {
                await File.WriteAllTextAsync(Reviews, Only(before, version));
                TimeSpan took = await RunningMesh.UntilAsync($"all reviews come from {version}", () => AllAnswerAsync(version), TimeSpan.FromSeconds(3));
                output.WriteLine($"{version} after {took.TotalMilliseconds:0} ms");
                Assert.InRange(took.TotalSeconds, 0, 1);
            }
        }
        finally
        {
            await File.WriteAllTextAsync(Reviews, before);
        }
    }

    [Fact]
    public async Task ABrokenFile_IsReportedWithItsPlaceAndTheLastGoodStays()
    {
        string before = await File.ReadAllTextAsync(Reviews);
        await SplitInForceAsync();
        try
        {
            await File.WriteAllTextAsync(Reviews, before.Replace("route:", "ruote:", StringComparison.Ordinal));
            await RunningMesh.UntilAsync("the finding is told", () => Task.FromResult(mesh.Said.Contains("ruote", StringComparison.Ordinal)), TimeSpan.FromSeconds(5));
            Assert.Matches(@"reviews\.yaml:\d+:\d+ WFT\d{4}.*ruote", mesh.Said);
            for (int request = 0; request < 50; request++)
                Assert.Contains(await mesh.VersionAsync(), (string[])["v2", "v3"]);
        }
        finally
        {
            await File.WriteAllTextAsync(Reviews, before);
        }
    }

    [Fact]
    public async Task Apply_ChangesTheRunningMesh()
    {
        string before = await File.ReadAllTextAsync(Reviews);
        string file = Path.Combine(mesh.State, "new.yaml");
        try
        {
            await File.WriteAllTextAsync(file, Only(before[..before.IndexOf("---", StringComparison.Ordinal)], "v1"));
            (int code, string text, string error) = await mesh.WeftAsync("apply", "-f", file);
            Assert.True(code == 0, error);
            Assert.Equal("virtualservice.networking.istio.io/reviews configured\n", text);
            await RunningMesh.UntilAsync("all reviews come from v1", () => AllAnswerAsync("v1"), TimeSpan.FromSeconds(3));
        }
        finally
        {
            File.Delete(file);
            await File.WriteAllTextAsync(Reviews, before);
        }
    }

    [Fact]
    public async Task ManyChangesUnderLoad_LoseNoRequest()
    {
        string before = await File.ReadAllTextAsync(Reviews);
        await SplitInForceAsync();
        using CancellationTokenSource done = new();
        Task<List<string>> load = LoadAsync(done.Token);
        for (int change = 0; change < 100; change++)
            await File.WriteAllTextAsync(Reviews, before.Replace("weight: 50", $"weight: {40 + (change % 20)}", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Reviews, before);
        await Task.Delay(TimeSpan.FromSeconds(1));
        await done.CancelAsync();
        Assert.All(await load, version => Assert.Contains(version, (string[])["v2", "v3"]));
    }

    // What an earlier test changed must be undone at every proxy, or its version still answers here.
    private Task<TimeSpan> SplitInForceAsync() => RunningMesh.UntilAsync("the split is in force", async () =>
    {
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => mesh.VersionAsync()));
        return answers.Contains("v2") && answers.Contains("v3") && !answers.Contains("v1");
    }, TimeSpan.FromSeconds(10));

    private async Task<List<string>> LoadAsync(CancellationToken done)
    {
        List<string> answers = [];
        while (!done.IsCancellationRequested)
            answers.Add(await mesh.VersionAsync());
        output.WriteLine($"{answers.Count} requests");
        return answers;
    }

    private async Task<bool> AllAnswerAsync(string version)
    {
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => mesh.VersionAsync()));
        return answers.All(answer => answer == version);
    }

    // The split gives everything to one version.
    private static string Only(string text, string version) => text
        .Replace("{host: reviews, subset: v2}", $"{{host: reviews, subset: {version}}}", StringComparison.Ordinal)
        .Replace("{host: reviews, subset: v3}", $"{{host: reviews, subset: {version}}}", StringComparison.Ordinal);
}
