using System.Diagnostics;
using System.Text.Json;

namespace Weft.Mesh.Tests;

/// <summary>The bookshop as root: a network namespace for each program, which knows nothing of a mesh, not even a proxy's address.</summary>
public sealed class TransparentTests
{
    [Fact]
    public async Task CapturedPrograms_ReachEachOtherByNameOverMutualTlsAndNothingIsLeftBehind()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Making network namespaces needs root.");
        string before = await ShellAsync("ip netns list | grep '^weft-' | sort");
        RunningMesh mesh = new() { Options = ["--transparent"] };
        try
        {
            await mesh.InitializeAsync();
            string[] made = [.. (await ShellAsync("ip netns list")).Split('\n').Select(line => line.Split(' ')[0]).Where(name => name.StartsWith("weft-", StringComparison.Ordinal) && !before.Contains(name, StringComparison.Ordinal))];
            string storefront = made.Single(name => name.EndsWith("-default-storefront", StringComparison.Ordinal));

            // Through the ingress, the storefront, reviews and ratings: each hop found by name, captured, and carried over mutual TLS.
            JsonElement book = JsonDocument.Parse(await mesh.Client.GetStringAsync(new Uri(mesh.Ingress, "/api/books/1"))).RootElement;
            Assert.Equal("Homer", book.GetProperty("book").GetProperty("author").GetString());
            Assert.Contains(await mesh.VersionAsync(), new[] { "v2", "v3" });

            // Names of the mesh are answered by the proxy; others of its domain do not exist.
            Assert.StartsWith("240.240.", await ShellAsync($"ip netns exec {storefront} getent ahostsv4 reviews"), StringComparison.Ordinal);
            Assert.StartsWith("240.240.", await ShellAsync($"ip netns exec {storefront} getent ahostsv4 reviews.default.svc.cluster.local"), StringComparison.Ordinal);
            Assert.Equal("", await ShellAsync($"ip netns exec {storefront} getent ahostsv4 missing.default.svc.cluster.local"));

            // Plain HTTP from outside of the mesh to a program's own address is refused.
            string address = (await ShellAsync($"ip -n {storefront} -4 -o address show eth0")).Split("inet ")[1].Split('/')[0];
            Assert.Equal("52", (await ShellAsync($"curl -s -o /dev/null --max-time 10 http://{address}:9080/; echo $?")).Trim());
        }
        finally
        {
            await mesh.DisposeAsync();
        }

        Assert.Empty(mesh.Processes());
        Assert.Equal(before, await ShellAsync("ip netns list | grep '^weft-' | sort"));
    }

    private static async Task<string> ShellAsync(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(RunningMesh.Deadline);
        await process.WaitForExitAsync().WaitAsync(RunningMesh.Deadline);
        return output;
    }
}
