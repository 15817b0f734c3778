using System.Diagnostics;
using Weft.Cli.Supervision;
using Weft.Control.Hosting;

namespace Weft.Cli.Tests.Supervision;

public sealed class HostsFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weft-hosts-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Names_FollowTheMachinesOwn()
    {
        NameReply[] names =
        [
            new("ratings.default.svc.cluster.local", ["ratings"], "127.71.1.2", new Dictionary<string, int>()),
            new("*.example.com", [], "127.71.1.3", new Dictionary<string, int>()),
        ];
        string text = HostsFile.Render("127.0.0.1\tlocalhost\n", names);
        Assert.StartsWith("127.0.0.1\tlocalhost\n", text, StringComparison.Ordinal);
        Assert.Contains("\n127.71.1.2\tratings.default.svc.cluster.local ratings\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("example.com", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProgramWithAPrivateHostsFile_SeesNewNamesWithoutARestart()
    {
        if (!await PrivateHosts.IsPossibleAsync(_directory, TimeProvider.System))
            Assert.Skip("This kernel allows no user namespaces to this user.");
        string hosts = Path.Combine(_directory, "hosts");
        HostsFile.Write(hosts, []);
        string before = File.ReadAllText("/etc/hosts");

        // The program looks once, tells so, waits for a line, and looks again.
        IReadOnlyList<string> command = [.. PrivateHosts.Wrapper(hosts), "sh", "-c", "grep -c weft-test /etc/hosts; read go; grep -c weft-test /etc/hosts; id -u"];
        using Process process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        Assert.Equal("0", await process.StandardOutput.ReadLineAsync(limit.Token));
        HostsFile.Write(hosts, [new NameReply("weft-test", [], "127.71.1.1", new Dictionary<string, int>())]);
        await process.StandardInput.WriteLineAsync("go");
        Assert.Equal("1", await process.StandardOutput.ReadLineAsync(limit.Token));
        Assert.Equal(await UserAsync(), await process.StandardOutput.ReadLineAsync(limit.Token));
        Assert.Equal(before, File.ReadAllText("/etc/hosts"));
    }

    private static async Task<string> UserAsync()
    {
        using Process id = Process.Start(new ProcessStartInfo("id", ["-u"]) { RedirectStandardOutput = true })!;
        return (await id.StandardOutput.ReadLineAsync())!;
    }
}
