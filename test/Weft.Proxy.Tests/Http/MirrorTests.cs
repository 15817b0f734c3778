using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class MirrorTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Get = "GET /a HTTP/1.1\r\nHost: a.test:8080\r\n\r\n";
    private const string ToAll = "{\"cluster\": \"mirror\"}";

    [Fact]
    public async Task Copy_ReachesTheMirrorMarkedAndOnlyTheOriginalIsAnsweredAndRecorded()
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer mirror = ScriptedServer.Start(async upstream =>
        {
            seen.TrySetResult(await upstream.ReadUntilAsync("\r\n\r\n"));
            await upstream.SendAsync("HTTP/1.1 500 Broken\r\nContent-Length: 6\r\n\r\nmirror");
            await upstream.ReceiveAsync();
        });
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = Start(server.Port, mirror.Port, ToAll, route: ", \"request_headers_to_add\": [{\"header\": {\"key\": \"x-added\", \"value\": \"1\"}}]");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        (string head, string original) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 ", head);
        Assert.Contains("Host: a.test:8080\r\n", original);
        string copy = await seen.Task.WaitAsync(ProxyUnderTest.Deadline);
        Assert.Contains("host: a.test-shadow:8080\r\n", copy);
        Assert.Contains("x-added: 1\r\n", copy);
        Assert.Equal(Without(original, "host"), Without(copy, "host"));
        Assert.Equal(200, (await proxy.NextAsync()).Status);
        await proxy.UntilStatAsync("cluster.mirror.upstream_rq_5xx", value => value > 0);
        Assert.Equal(1, await proxy.StatAsync("cluster.mirror.upstream_rq_total"));
        await proxy.AssertNoMoreAsync();
    }

    [Theory]
    [InlineData("Content-Length: 300000\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n", true)]
    public async Task Body_IsCopiedWhole(string framing, bool chunked)
    {
        const int Size = 300_000, Piece = 10_000;
        var mirrored = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer mirror = ScriptedServer.Start(async upstream => mirrored.SetResult(await BodyAsync(upstream, chunked, Size)));
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await BodyAsync(upstream, chunked, Size);
            await upstream.SendAsync(Ok);
        });
        await using ProxyUnderTest proxy = Start(server.Port, mirror.Port, ToAll);
        using RawClient client = await proxy.ConnectAsync();
        byte[] body = [.. Enumerable.Range(0, Size).Select(i => (byte)('a' + i * 7 % 23))];
        await client.SendAsync($"POST /a HTTP/1.1\r\nHost: a\r\n{framing}\r\n");
        for (int at = 0; at < Size; at += Piece)
        {
            if (chunked) await client.SendAsync($"{Piece:x}\r\n");
            await client.SendAsync(body.AsMemory(at, Piece));
            if (chunked) await client.SendAsync("\r\n");
        }

        if (chunked) await client.SendAsync("0\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        Assert.Equal(body, await mirrored.Task.WaitAsync(ProxyUnderTest.Deadline));
    }

    [Fact]
    public async Task SeveralMirrors_EachGetTheirShare()
    {
        const int Requests = 8_000, Batch = 50;
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        using ScriptedServer some = ScriptedServer.Answering(Ok);
        using ScriptedServer all = ScriptedServer.Answering(Ok);
        string share = "{\"cluster\": \"mirror\", \"runtime_fraction\": {\"default_value\": {\"numerator\": 100000, \"denominator\": \"MILLION\"}}}";
        string none = "{\"cluster\": \"second\", \"runtime_fraction\": {\"default_value\": {\"numerator\": 0}}}";
        await using ProxyUnderTest proxy = Start(server.Port, some.Port, $"{share}, {none}, {{\"cluster\": \"second\"}}, {{\"cluster\": \"missing\"}}", second: all.Port);
        using RawClient client = await proxy.ConnectAsync();
        string batch = string.Concat(Enumerable.Repeat(Get, Batch));
        for (int sent = 0; sent < Requests; sent += Batch)
        {
            await client.SendAsync(batch);
            for (int i = 0; i < Batch; i++) Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        }

        // Seven standard deviations: sqrt(8000 · 0.1 · 0.9) = 26.8.
        Assert.InRange(await proxy.StatAsync("cluster.mirror.upstream_rq_total"), 800 - 188, 800 + 188);
        Assert.Equal(Requests, await proxy.StatAsync("cluster.second.upstream_rq_total"));
    }

    [Theory]
    [InlineData("refuses")]
    [InlineData("closes")]
    [InlineData("babbles")]
    [InlineData("empty")]
    public async Task FailingMirror_NeverTouchesTheOriginal(string how)
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        using ScriptedServer mirror = ScriptedServer.Start(async upstream =>
        {
            if (how == "babbles") await upstream.SendAsync("SSH-2.0-x\r\n\r\n");
            else if (how == "closes") await upstream.ReadUntilAsync("\r\n\r\n");
        });
        int port = mirror.Port;
        if (how == "refuses") mirror.Dispose();
        await using ProxyUnderTest proxy = Start(server.Port, port, ToAll, empty: how == "empty");
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync(Get);
            Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
            Assert.Equal((200, ResponseFlags.None), (await proxy.NextAsync()) is var record ? (record.Status, record.Flags) : default);
        }

        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task MirrorThatStopsReading_IsGivenUpAndCountedAndTheOriginalStreamsOn()
    {
        const int Size = 16 << 20;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.ReadExactlyAsync(Size);
            await upstream.SendAsync(Ok);
        });
        var stop = new TaskCompletionSource();
        using ScriptedServer mirror = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await stop.Task;
        });
        await using ProxyUnderTest proxy = Start(server.Port, mirror.Port, ToAll);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync($"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: {Size}\r\n\r\n");
        await client.SendAsync(new byte[Size]);
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        Assert.Equal(1, await proxy.StatAsync("cluster.mirror.upstream_rq_mirror_overflow"));
        stop.SetResult();
    }

    [Fact]
    public async Task ClientThatLeavesInTheMiddleOfItsBody_EndsTheMirrorToo()
    {
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer mirror = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\nhalf");
            half.SetResult();
            ended.SetResult(await upstream.ReceiveAsync() is not { Length: > 0 });
        });
        using ScriptedServer server = ScriptedServer.Start(async upstream => await upstream.ReadUntilAsync("never"));
        await using ProxyUnderTest proxy = Start(server.Port, mirror.Port, ToAll);
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
            await half.Task.WaitAsync(ProxyUnderTest.Deadline);
        }

        Assert.True(await ended.Task.WaitAsync(ProxyUnderTest.Deadline));
    }

    [Fact]
    public async Task MirrorThatNeverAnswers_EndsWithTheRoutesTimeout()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        using ScriptedServer mirror = ScriptedServer.Start(async upstream => await upstream.ReadUntilAsync("never"));
        await using ProxyUnderTest proxy = Start(server.Port, mirror.Port, ToAll, action: ", \"timeout\": \"2s\"");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        await proxy.UntilStatAsync("cluster.mirror.upstream_rq_timeout", value => value > 0);
        await proxy.UntilStatAsync("cluster.mirror.upstream_cx_active", value => value == 0);
    }

    private static ProxyUnderTest Start(int port, int mirrorPort, string mirrors, int second = 0, bool empty = false, string action = "", string route = "") => ProxyUnderTest.Start(
        1,
        ProxyUnderTest.Listener(FilteredProxy.Manager(
            $$"""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "request_mirror_policies": [{{mirrors}}]{{action}} }{{route}} }""")),
        ProxyUnderTest.Cluster(port),
        new ClusterModel { Name = "mirror", Endpoints = empty ? ProxyUnderTest.Endpoints() : ProxyUnderTest.Endpoints(mirrorPort) },
        new ClusterModel { Name = "second", Endpoints = ProxyUnderTest.Endpoints(second == 0 ? 1 : second) });

    private static string Without(string head, string name) =>
        string.Join('\n', head.Split("\r\n").Where(line => !line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)));

    private static async Task<byte[]> BodyAsync(RawClient upstream, bool chunked, int size)
    {
        await upstream.ReadUntilAsync("\r\n\r\n");
        if (!chunked) return await upstream.ReadExactlyAsync(size);
        var body = new MemoryStream();
        while (true)
        {
            int length = Convert.ToInt32((await upstream.ReadUntilAsync("\r\n")).Trim(), 16);
            if (length == 0) return body.ToArray();
            body.Write(await upstream.ReadExactlyAsync(length));
            await upstream.ReadUntilAsync("\r\n");
        }
    }
}
