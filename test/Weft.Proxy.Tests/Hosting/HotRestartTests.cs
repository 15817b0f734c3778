using System.Net.Sockets;
using System.Text.Json;
using Weft.Proxy.Hosting;
using Weft.Proxy.Hosting.Restart;
using Weft.Proxy.Listeners;
using Weft.Proxy.Tests.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>A proxy replaced by the next while it serves (<c>--take-over</c>, ADR 8).</summary>
public sealed class HotRestartTests(ITestOutputHelper output)
{
    // Reads the body too: a request that is left half read would count for nothing.
    private static ScriptedServer Upstream() => ScriptedServer.Start(async client =>
    {
        while (true)
        {
            string head = await client.ReadUntilAsync("\r\n\r\n");
            if (head.StartsWith("POST", StringComparison.Ordinal)) await client.ReadExactlyAsync(2);
            await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });

    [Fact]
    public async Task SeveralRestartsUnderLoad_FailNoRequest()
    {
        using ScriptedServer server = Upstream();
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        string bootstrap = RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port), admin);
        ProxyGeneration now = await ProxyGeneration.StartAsync(bootstrap, concurrency: 2);
        List<Task> finished = [];
        RequestLoad load = new RequestLoad(port).KeepingConnections(4).WithNewConnections(4).OverHttp2(2);

        // More workers, fewer, one: no socket that the kernel hands connections to may be left without somebody who accepts.
        foreach (int workers in (int[])[3, 1, 2, 4, 2])
        {
            int before = load.Answers;
            await UntilAsync(() => load.Answers > before + 1000 || load.HasFailed);
            ProxyGeneration next = await ProxyGeneration.StartAsync(bootstrap, takesOver: true, concurrency: workers);
            finished.Add(now.FinishAsync());
            now = next;
        }

        await Task.WhenAll(finished).WaitAsync(ProxyUnderTest.Deadline);
        IReadOnlyList<(string Kind, int Answers)> answers = await load.EndAsync();
        foreach ((string kind, int count) in answers) output.WriteLine($"{kind}: {count}");
        Assert.All(answers, client => Assert.True(client.Answers > 0));
        Assert.Equal(5, now.Process.Epoch);
        await now.DisposeAsync();
        await Assert.ThrowsAsync<SocketException>(async () => await RawClient.ConnectAsync(port));
    }

    [Fact]
    public async Task AdminAddress_MovesOver()
    {
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        string bootstrap = RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(1), admin);
        ProxyGeneration first = await ProxyGeneration.StartAsync(bootstrap);
        Assert.Equal(0, await EpochAsync(admin));
        await using ProxyGeneration second = await ProxyGeneration.StartAsync(bootstrap, takesOver: true);
        await first.FinishAsync();
        Assert.Equal(1, await EpochAsync(admin));
        Assert.Equal((200, "LIVE\n"), await ProxyGeneration.AskAsync(admin, "/ready"));
        Assert.Contains("has taken over", first.Said);
        Assert.Contains($"Took over from process {Environment.ProcessId}", second.Said);
    }

    [Fact]
    public async Task WhatIsUnderWay_EndsInTheOldProcess()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            if (head.Contains("websocket"))
            {
                await upstream.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
                while (await upstream.ReceiveAsync() is { Length: > 0 } bytes) await upstream.SendAsync(bytes);
                return;
            }

            asked.SetResult();
            await answer.Task.WaitAsync(ProxyUnderTest.Deadline);
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        string bootstrap = RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port), admin)
            .Replace("stat_prefix: front", "stat_prefix: front\n          upgrade_configs: [ { upgrade_type: websocket } ]", StringComparison.Ordinal);
        ProxyGeneration first = await ProxyGeneration.StartAsync(bootstrap, drain: TimeSpan.FromSeconds(2));
        using RawClient socket = await RawClient.ConnectAsync(port), slow = await RawClient.ConnectAsync(port);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        await socket.ReadUntilAsync("\r\n\r\n");
        await slow.SendAsync("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        await asked.Task.WaitAsync(ProxyUnderTest.Deadline);

        await using ProxyGeneration second = await ProxyGeneration.StartAsync(bootstrap, takesOver: true);
        Task finish = first.FinishAsync();
        answer.SetResult();
        Assert.Contains("connection: close\r\n", (await slow.ReadResponseAsync()).Head);

        // Until the drain time is up; then it ends without a reset.
        Assert.Equal(("", false), await socket.ReadToEndAsync());
        await finish.WaitAsync(ProxyUnderTest.Deadline);
    }

    [Fact]
    public async Task NextProcessThatFails_LeavesTheOldOneAsItWas()
    {
        using ScriptedServer server = Upstream();
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        string bootstrap = RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port), admin);
        ProxyGeneration first = await ProxyGeneration.StartAsync(bootstrap);
        RequestLoad load = new RequestLoad(port).KeepingConnections(2).WithNewConnections(2);

        // Another listener, at an address that somebody has already.
        string taken = RunningWeftProxy.Bootstrap(server.Port, RunningWeftProxy.Static(server.Port), admin);
        ProxyStartException refusal = await Assert.ThrowsAsync<ProxyStartException>(() => ProxyGeneration.StartAsync(taken, takesOver: true));
        Assert.Contains($"cannot listen on 127.0.0.1:{server.Port}", refusal.Message);

        // A control plane that is away: it would wait for a minute.
        string lost = bootstrap + $$"""

            - name: xds
              load_assignment: { cluster_name: xds, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{RunningWeftProxy.FreePort()}} } } } } ] } ] }
          """.ReplaceLineEndings("\n") + """

        node: { id: n, cluster: c }
        dynamic_resources:
          lds_config: { ads: {}, resource_api_version: V3 }
          cds_config: { ads: {}, resource_api_version: V3 }
          ads_config: { api_type: DELTA_GRPC, transport_api_version: V3, grpc_services: [ { envoy_grpc: { cluster_name: xds } } ] }
        """;
        using CancellationTokenSource giveUp = new();
        Task<ProxyGeneration> waiting = ProxyGeneration.StartAsync(lost, takesOver: true, stop: giveUp.Token);
        await UntilAsync(() => first.Said.Split("gets ready to take over").Length > 2);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        // One that dies with the sockets in its hands.
        InheritedListeners sockets = new();
        Predecessor.Ask(Model.NetworkAddress.FromV4(0x7f000001, admin), sockets).Dispose();
        sockets.Close();
        await UntilAsync(() => first.Said.Split("This one goes on").Length > 3);

        Assert.Equal((200, "LIVE\n"), await ProxyGeneration.AskAsync(admin, "/ready"));
        Assert.False(first.Process.TakenOver.IsCompleted);
        ProxyGeneration good = await ProxyGeneration.StartAsync(bootstrap, takesOver: true);
        await first.FinishAsync();
        Assert.All(await load.EndAsync(), client => Assert.True(client.Answers > 0));
        await good.DisposeAsync();
    }

    [Fact]
    public async Task OneAtATime_AndOnlyWhatIsThere()
    {
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        string bootstrap = RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(1), admin);
        ProxyStartException nothing = await Assert.ThrowsAsync<ProxyStartException>(() => ProxyGeneration.StartAsync(bootstrap, takesOver: true));
        Assert.Contains("nothing to take over", nothing.Message);
        ProxyStartException nowhere = await Assert.ThrowsAsync<ProxyStartException>(() => ProxyGeneration.StartAsync(RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(1)), takesOver: true));
        Assert.Contains("needs an `admin.address`", nowhere.Message);

        await using ProxyGeneration first = await ProxyGeneration.StartAsync(bootstrap);
        InheritedListeners sockets = new();
        using Predecessor slow = Predecessor.Ask(Model.NetworkAddress.FromV4(0x7f000001, admin), sockets);
        ProxyStartException busy = await Assert.ThrowsAsync<ProxyStartException>(() => ProxyGeneration.StartAsync(bootstrap, takesOver: true));
        Assert.Contains("Another process is taking over already.", busy.Message);
        sockets.Close();
    }

    [Fact]
    public async Task Terminated_FailsReadinessWhileItStillServes()
    {
        using ScriptedServer server = Upstream();
        int port = RunningWeftProxy.FreePort(), admin = RunningWeftProxy.FreePort();
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using ProxyGeneration proxy = await ProxyGeneration.StartAsync(
            RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(server.Port), admin), notice: TimeSpan.FromSeconds(5), time: time);
        Assert.Equal(200, (await ProxyGeneration.AskAsync(admin, "/ready")).Status);
        Task stop = proxy.Process.StopAsync();
        Assert.Equal((503, "DRAINING\n"), await ProxyGeneration.AskAsync(admin, "/ready"));
        using (RawClient client = await RawClient.ConnectAsync(port))
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadToEndAsync()).Text);
        }

        Assert.False(stop.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            return stop.IsCompleted;
        });
        await stop;
        await Assert.ThrowsAsync<SocketException>(async () => await RawClient.ConnectAsync(port));
    }

    private static async Task<int> EpochAsync(int admin) =>
        JsonDocument.Parse((await ProxyGeneration.AskAsync(admin, "/server_info")).Body).RootElement.GetProperty("command_line_options").GetProperty("restart_epoch").GetInt32();

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource limit = new(ProxyUnderTest.Deadline);
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
    }
}
