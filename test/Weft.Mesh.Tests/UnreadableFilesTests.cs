namespace Weft.Mesh.Tests;

/// <summary>A mesh that runs as an ordinary user, and files that this user may not read any more.</summary>
public sealed class UnreadableFilesTests : IAsyncLifetime
{
    private const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly RunningMesh _mesh = new() { User = 65534 };

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Running as another user needs root.");
        for (DirectoryInfo? folder = new(WeftInstallation.Checkout); folder is not null; folder = folder.Parent)
            Assert.SkipUnless(folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute), $"Other users cannot enter {folder.FullName}, so none can run this checkout.");
        await _mesh.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    [Fact]
    public async Task WhatCannotBeRead_IsToldAndTheLastGoodStays()
    {
        // Into a directory of its own: a move that deletes nothing on its way.
        string reviews = Path.Combine(_mesh.Yaml, "reviews.yaml"), folder = Path.Combine(_mesh.Yaml, "traffic");
        Directory.CreateDirectory(folder);
        await RunningMesh.RunAsync("chown", "65534:65534", folder);
        string moved = Path.Combine(folder, "reviews.yaml");
        File.Move(reviews, moved);
        await SplitAsync();

        // Saved by somebody else, with that one's permissions; the content would give everything to v1.
        string text = await File.ReadAllTextAsync(moved), foreign = Path.Combine(Path.GetDirectoryName(_mesh.State)!, "foreign.yaml");
        await File.WriteAllTextAsync(foreign, text.Replace("subset: v3}", "subset: v1}", StringComparison.Ordinal).Replace("subset: v2}", "subset: v1}", StringComparison.Ordinal));
        File.SetUnixFileMode(foreign, UnixFileMode.UserRead);
        await UnreadableAsync(moved, () => File.Move(foreign, moved, overwrite: true));
        await ReadableAsync(() =>
        {
            File.WriteAllText(moved, text);
            File.SetUnixFileMode(moved, All | UnixFileMode.OtherRead);
        });

        await UnreadableAsync(folder, () => File.SetUnixFileMode(folder, UnixFileMode.None));
        await ReadableAsync(() => File.SetUnixFileMode(folder, All));
        Assert.DoesNotContain("   at ", _mesh.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADirectoryOfSomebodyElse_IsRefusedInOneSentence()
    {
        string foreign = Directory.CreateTempSubdirectory("weft-foreign-").FullName;
        try
        {
            (int code, _, string error) = await _mesh.WeftAsync("up", foreign, "--state", Path.Combine(Path.GetDirectoryName(_mesh.State)!, "second"));
            Assert.Equal(2, code);
            Assert.Contains(foreign, error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
            (code, _, error) = await _mesh.WeftAsync("up", _mesh.Yaml, "--state", foreign);
            Assert.Equal(2, code);
            Assert.Contains(foreign, error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(foreign, All);
            Directory.Delete(foreign, recursive: true);
        }
    }

    private async Task UnreadableAsync(string path, Action happens)
    {
        int said = _mesh.Said.Length;
        happens();
        await RunningMesh.UntilAsync($"a finding names {path}", () => Task.FromResult(_mesh.Said[said..].Split('\n').Any(line => line.StartsWith($"✗ {path} WFT0015", StringComparison.Ordinal))), TimeSpan.FromSeconds(10));
        for (int request = 0; request < 30; request++)
            Assert.Contains(await _mesh.VersionAsync(), (string[])["v2", "v3"]);
    }

    private async Task ReadableAsync(Action happens)
    {
        int said = _mesh.Said.Length;
        happens();
        await RunningMesh.UntilAsync("it is told that all is well", () => Task.FromResult(_mesh.Said[said..].Contains("no errors any more", StringComparison.Ordinal)), TimeSpan.FromSeconds(10));
        await SplitAsync();
    }

    private Task<TimeSpan> SplitAsync() => RunningMesh.UntilAsync("the split is in force", async () =>
    {
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => _mesh.VersionAsync()));
        return answers.Contains("v2") && answers.Contains("v3") && !answers.Contains("v1");
    }, TimeSpan.FromSeconds(10));
}
