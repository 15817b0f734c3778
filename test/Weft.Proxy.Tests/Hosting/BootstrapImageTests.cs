using Weft.Proxy.Hosting;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>The new image that a proxy with a bootstrap of text becomes.</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class BootstrapImageTests(WeftProxyProgram program)
{
    [Fact]
    public async Task TextBootstrap_IsServedByANewImageOfTheSameProcess_WhichLeavesNothingOpen()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        int port = RunningWeftProxy.FreePort();
        await using RunningWeftProxy proxy = RunningWeftProxy.Start(program, RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port)));
        await proxy.StartedAsync();

        string files = $"/proc/{proxy.Process.Id}";
        Assert.Contains(BootstrapImage.Argument, (await File.ReadAllTextAsync($"{files}/cmdline")).Split('\0'));
        Assert.Equal("weft-proxy", (await File.ReadAllTextAsync($"{files}/comm")).Trim());
        Assert.DoesNotContain(Directory.EnumerateFiles($"{files}/fd"), f => File.ResolveLinkTarget(f, false)?.FullName.Contains("weft-bootstrap", StringComparison.Ordinal) == true);
        using HttpClient client = new() { Timeout = ProxyUnderTest.Deadline };
        Assert.Equal("ok", await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/")));
    }

    [Fact]
    public async Task DescriptorThatIsNoBootstrap_EndsWithASentence()
    {
        await using RunningWeftProxy proxy = RunningWeftProxy.Start(program, "{}", "/bin/sh", "-c", $"exec \"$@\" {BootstrapImage.Argument} 99", "sh");
        Assert.Equal(1, await proxy.EndAsync());
        await proxy.UntilSaidAsync("descriptor 99 holds no bootstrap");
    }
}
