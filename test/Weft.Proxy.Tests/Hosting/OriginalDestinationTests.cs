using System.Diagnostics;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>A cluster that connects to where the client wanted to go (ORIGINAL_DST), with connections that netfilter redirects, in a network namespace.</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class OriginalDestinationTests(WeftProxyProgram program) : IDisposable
{
    // The user whose connections are not redirected: the proxy's, as in a sidecar.
    private const int ProxyUser = 1337;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weft-original-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task RedirectedConnection_ReachesTheAddressThatItWasMeantFor()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Making a network namespace needs root.");
        string[] lines = await RunAsync("""
            ask 127.0.0.9:9001
            ask 127.0.0.10:9001
            ask 127.0.0.9:9001
            ask 127.0.0.11:9001
            ask 127.0.0.1:15001
            """, "");
        Assert.Equal(["200 nine", "200 ten", "200 nine", "503", "503"], lines);
    }

    [Fact]
    public async Task PortOverride_KeepsTheAddress()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Making a network namespace needs root.");
        string[] lines = await RunAsync("""
            ask 127.0.0.9:80
            ask 127.0.0.10:80
            """, "original_dst_lb_config: { upstream_port_override: 9001 }, ");
        Assert.Equal(["200 nine", "200 ten"], lines);
    }

    private async Task<string[]> RunAsync(string questions, string settings)
    {
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        foreach (string name in (string[])["nine", "ten"])
        {
            Directory.CreateDirectory(Path.Combine(_folder.FullName, name));
            await File.WriteAllTextAsync(Path.Combine(_folder.FullName, name, "who"), name);
        }

        string bootstrap = RunningWeftProxy.Bootstrap(15001, $"{{ name: app, type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, connect_timeout: 2s, {settings}}}")
            .Replace("    filter_chains:", "    use_original_dst: true\n    filter_chains:", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "proxy.yaml"), bootstrap);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "script"), Script(questions));
        ProcessStartInfo start = new("unshare", ["--net", "--pid", "--fork", "--kill-child", "sh", Path.Combine(_folder.FullName, "script")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        using CancellationTokenSource limit = new(ProxyUnderTest.Deadline);
        Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
        string text = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{text}\n{await error}");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // A refused connection is answered by curl with 000; the proxy's own answers have no body that matters here.
    private string Script(string questions) => $$"""
        set -e
        cd {{_folder.FullName}}
        ip link set lo up
        nft 'table ip t { chain out { type nat hook output priority -100; meta skuid {{ProxyUser}} return; ip daddr 127.0.0.8/29 tcp dport {80, 9001} redirect to :15001; }; }'
        python3 -m http.server 9001 --bind 127.0.0.9 --directory nine >/dev/null 2>&1 &
        python3 -m http.server 9001 --bind 127.0.0.10 --directory ten >/dev/null 2>&1 &
        setpriv --reuid {{ProxyUser}} --clear-groups {{program.Path}} -c proxy.yaml >&2 &
        listens() { ss -Htln "src $1" | grep -q .; }
        for address in 127.0.0.9:9001 127.0.0.10:9001 127.0.0.1:15001; do
          tries=0
          until listens $address; do tries=$((tries + 1)); [ $tries -lt 150 ]; sleep 0.1; done
        done
        ask() {
          code=$(curl -s --max-time 10 -o answer -w '%{http_code}' http://$1/who || true)
          if [ "$code" = 200 ]; then echo "200 $(cat answer)"; else echo "$code"; fi
        }
        {{questions}}
        """;
}
