using System.Globalization;
using System.Net.Sockets;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>Catalogue case 69: ten thousand connections that say nothing, or as many as the descriptors of this process allow, which all close at once; ten times.</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class IdleConnectionsTests(WeftProxyProgram program, ITestOutputHelper output)
{
    private const int Wanted = 10_000;
    private const int Cycles = 10;
    private const int AtOnce = 64;
    private static readonly byte[] s_request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray();
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task TenThousandIdleConnections_AllAnswerAndLeaveNothingBehind()
    {
        int count = Math.Min(Wanted, (Descriptors() * 3 / 4) - 500);
        Assert.InRange(count, 256, Wanted);
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        await using RunningWeftProxy proxy = RunningWeftProxy.Start(program, RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port), admin));
        await proxy.StartedAsync();
        long before = Resident(proxy);
        List<long> heights = [];
        for (int cycle = 1; cycle <= Cycles; cycle++)
        {
            Socket[] clients = await OpenAsync(port, count);
            try
            {
                // What the kernel still holds in its queue is no connection of the proxy's yet.
                await UntilAsync(admin, count);
                heights.Add(Resident(proxy));
                if (cycle is 1 or Cycles) await InParallelAsync(count, i => AskAsync(clients[i]));
            }
            finally
            {
                // With a reset, so that no port of ours waits for its time to be over.
                foreach (Socket client in clients) client.Close(0);
            }

            await UntilAsync(admin, 0);
        }

        output.WriteLine($"{count} connections, {(heights[0] - before) / count} B each; resident at their height in each cycle: {string.Join(", ", heights.Select(static bytes => bytes >> 20))} MiB");

        // The first cycle's requests leave pools behind, and a collection may come in any cycle: the second half is no higher than the first.
        long first = heights.Take(Cycles / 2).Max();
        Assert.InRange(heights[^1], 0, first + (first / 10) + (4 << 20));
    }

    private static int Descriptors()
    {
        string line = File.ReadLines("/proc/self/limits").Single(static line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], out int soft) ? soft : int.MaxValue;
    }

    private static async Task<Socket[]> OpenAsync(int port, int count)
    {
        Socket[] clients = new Socket[count];
        for (int i = 0; i < count; i++) clients[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await InParallelAsync(count, i => clients[i].ConnectAsync(System.Net.IPAddress.Loopback, port));
        return clients;
    }

    private static async Task AskAsync(Socket client)
    {
        byte[] answer = new byte[1024];
        await client.SendAsync(s_request);
        int length = 0;
        while (!answer.AsSpan(0, length).EndsWith("ok"u8))
        {
            int more = await client.ReceiveAsync(answer.AsMemory(length));
            Assert.True(more > 0, "a connection ended instead of answering");
            length += more;
        }

        Assert.True(answer.AsSpan().StartsWith("HTTP/1.1 200 "u8));
    }

    private static Task InParallelAsync(int count, Func<int, Task> act) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async first =>
    {
        for (int i = first; i < count; i += AtOnce) await act(i);
    })).WaitAsync(s_patience);

    private static async Task UntilAsync(int admin, int connections)
    {
        using CancellationTokenSource limit = new(s_patience);
        while (true)
        {
            string body = (await ProxyGeneration.AskAsync(admin, "/stats?filter=http.front.downstream_cx_active")).Body;
            if (body.Trim() == $"http.front.downstream_cx_active: {connections.ToString(CultureInfo.InvariantCulture)}") return;
            Assert.False(limit.IsCancellationRequested, $"not {connections} connections in time: {body}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    private static long Resident(RunningWeftProxy proxy) =>
        long.Parse(File.ReadAllText($"/proc/{proxy.Process.Id}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
