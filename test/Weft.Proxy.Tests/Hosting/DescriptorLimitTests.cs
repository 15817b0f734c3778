using System.Globalization;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>A process whose descriptors run out (RLIMIT_NOFILE).</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class DescriptorLimitTests(WeftProxyProgram program, ITestOutputHelper output)
{
    private const int Descriptors = 160;
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task DescriptorsRunOut_NewConnectionsWaitAndWhatIsThereGoesOn()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        string limit = Descriptors.ToString(CultureInfo.InvariantCulture);
        await using RunningWeftProxy proxy = RunningWeftProxy.Start(
            program, RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port), admin), "prlimit", $"--nofile={limit}:{limit}");
        await proxy.StartedAsync();
        List<RawClient> early = await ConnectAsync(port, 20), late = await ConnectAsync(port, 300);
        try
        {
            await proxy.UntilSaidAsync($"lets new connections wait: the process has nearly all of its {Descriptors} descriptors in use");

            // Longer than one interval of the workers' pauses, so that a worker that spins would use most of it.
            TimeSpan before = proxy.ProcessorTime();
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            TimeSpan used = proxy.ProcessorTime() - before;
            output.WriteLine($"{used.TotalMilliseconds:0} ms of processor time in 1.5 s");
            Assert.InRange(used.TotalMilliseconds, 0, 400);

            // Each of these needs a descriptor for the upstream or for the admin connection besides its own.
            foreach (RawClient client in early) await AssertServedAsync(client);
            Assert.StartsWith("HTTP/1.1 200 ", await AdminAsync(admin));

            foreach (RawClient client in late.Take(250)) client.Dispose();
            foreach (RawClient client in late.Skip(250)) await AssertServedAsync(client);
            using RawClient fresh = await RawClient.ConnectAsync(port);
            await AssertServedAsync(fresh);
            Assert.False(proxy.Process.HasExited);
        }
        finally
        {
            foreach (RawClient client in early.Concat(late)) client.Dispose();
        }
    }

    private static async Task<List<RawClient>> ConnectAsync(int port, int count)
    {
        List<RawClient> clients = [];
        for (int i = 0; i < count; i++) clients.Add(await RawClient.ConnectAsync(port));
        return clients;
    }

    private static async Task AssertServedAsync(RawClient client)
    {
        await client.SendAsync(Request);
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head);
    }

    private static async Task<string> AdminAsync(int port)
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        await client.SendAsync("GET /stats HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return (await client.ReadToEndAsync()).Text;
    }
}
