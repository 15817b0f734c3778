using System.Text;

namespace Weft.Mesh.Tests;

/// <summary>
/// What may happen to the files of a running mesh. Whatever it is: it is told with the file's name, the last good configuration stays in
/// force, and the file put right is in force again.
/// </summary>
public sealed class HostileFilesTests(RunningMesh mesh) : IClassFixture<RunningMesh>
{
    private string Reviews => Path.Combine(mesh.Yaml, "reviews.yaml");

    public static TheoryData<string> Faults() => ["directory", "link loop", "dangling link", "too large", "garbage", "not UTF-8", "anchors", "deep", "cut off", "tabs"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task AFile_ThatCannotBeTaken_IsToldAndTheLastGoodStays(string fault)
    {
        string before = await File.ReadAllTextAsync(Reviews);
        await AnswersWithAsync("v2", "v3");
        int said = mesh.Said.Length;
        try
        {
            Break(fault, before);
            await ToldAsync(said, Reviews);
            for (int request = 0; request < 30; request++)
                Assert.Contains(await mesh.VersionAsync(), (string[])["v2", "v3"]);
        }
        finally
        {
            if (Directory.Exists(Reviews))
                Directory.Delete(Reviews);
            File.Delete(Reviews);
            await File.WriteAllTextAsync(Reviews, before.Replace("subset: v3}", "subset: v2}", StringComparison.Ordinal));
            await AnswersWithAsync("v2");
            await File.WriteAllTextAsync(Reviews, before);
        }

        await RunningMesh.UntilAsync("it is told that all is well", () => Task.FromResult(mesh.Said[said..].Contains("no errors any more", StringComparison.Ordinal)), TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("   at ", mesh.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDirectory_ThatVanishes_IsToldAndFollowedAgainWhenItIsBack()
    {
        await AnswersWithAsync("v2", "v3");
        int said = mesh.Said.Length, workloads = (await mesh.StatusAsync()).GetProperty("workloads").GetArrayLength();
        string away = mesh.Yaml + ".away";
        Directory.Move(mesh.Yaml, away);
        try
        {
            await ToldAsync(said, mesh.Yaml);
            for (int request = 0; request < 30; request++)
                Assert.Contains(await mesh.VersionAsync(), (string[])["v2", "v3"]);
            Assert.Equal(workloads, (await mesh.StatusAsync()).GetProperty("workloads").GetArrayLength());
        }
        finally
        {
            // Another directory under the old name, as a checkout makes it.
            Directory.CreateDirectory(mesh.Yaml);
            foreach (string file in Directory.GetFiles(away))
                File.Copy(file, Path.Combine(mesh.Yaml, Path.GetFileName(file)));
            Directory.Delete(away, recursive: true);
        }

        string before = await File.ReadAllTextAsync(Reviews);
        await File.WriteAllTextAsync(Reviews, before.Replace("subset: v3}", "subset: v2}", StringComparison.Ordinal));
        await AnswersWithAsync("v2");
        await File.WriteAllTextAsync(Reviews, before);
        await AnswersWithAsync("v2", "v3");
    }

    private void Break(string fault, string before)
    {
        switch (fault)
        {
            case "directory":
                File.Delete(Reviews);
                Directory.CreateDirectory(Reviews);
                break;
            case "link loop":
                File.Delete(Reviews);
                File.CreateSymbolicLink(Reviews, Reviews);
                break;
            case "dangling link":
                File.Delete(Reviews);
                File.CreateSymbolicLink(Reviews, Reviews + ".nowhere");
                break;
            case "too large":
                Replace(Encoding.UTF8.GetBytes(before + new string('#', 50 * 1024 * 1024)));
                break;
            case "garbage":
                byte[] bytes = new byte[4096];
                new Random(1).NextBytes(bytes);
                Replace(bytes);
                break;
            case "not UTF-8":
                Replace([.. Encoding.UTF8.GetBytes(before), 0xff, 0xfe]);
                break;
            case "anchors":
                Replace(Encoding.UTF8.GetBytes(before + "\n---\n" + Bomb()));
                break;
            case "deep":
                Replace(Encoding.UTF8.GetBytes("spec: " + new string('[', 100_000)));
                break;
            case "cut off":
                Replace(Encoding.UTF8.GetBytes(before[..(before.IndexOf("{host: reviews, subset: v3", StringComparison.Ordinal) + 10)]));
                break;
            case "tabs":
                Replace(Encoding.UTF8.GetBytes(before.Replace("  ", "\t", StringComparison.Ordinal)));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault));
        }
    }

    // In one step: a file that is deleted first may be seen to be gone, and then its objects are.
    private void Replace(byte[] content)
    {
        string aside = Path.Combine(mesh.State, "aside");
        File.WriteAllBytes(aside, content);
        File.Move(aside, Reviews, overwrite: true);
    }

    // Ten levels of ten references each are ten thousand million values.
    private static string Bomb()
    {
        StringBuilder text = new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int level = 1; level < 10; level++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{level}: &a{level} [{string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 10))}]\n");
        return text.ToString();
    }

    private Task<TimeSpan> ToldAsync(int since, string path) => RunningMesh.UntilAsync(
        $"a finding names {path}", () => Task.FromResult(mesh.Said[since..].Split('\n').Any(line => line.StartsWith($"✗ {path}", StringComparison.Ordinal) && line.Contains(" WFT", StringComparison.Ordinal))), TimeSpan.FromSeconds(10));

    private Task<TimeSpan> AnswersWithAsync(params string[] versions) => RunningMesh.UntilAsync($"answers come from {string.Join(" and ", versions)}", async () =>
    {
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => mesh.VersionAsync()));
        return answers.Distinct().Order().SequenceEqual(versions);
    }, TimeSpan.FromSeconds(10));
}
