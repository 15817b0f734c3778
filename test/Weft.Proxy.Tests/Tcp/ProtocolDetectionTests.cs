using System.Diagnostics;
using Weft.Proxy.Listeners;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Tls;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;

namespace Weft.Proxy.Tests.Tcp;

/// <summary>
/// Ports whose protocol is found out by looking, with servers that speak first behind them (catalogue case 47). The listener is as the control plane
/// makes it: plaintext HTTP to one chain, all else as bytes to the same cluster, going on when the time is up.
/// </summary>
public sealed class ProtocolDetectionTests
{
    private const string Wait = "listener_filters_timeout: 0.4s, continue_on_listener_filters_timeout: true";
    private const string PlainHttp = "filter_chain_match: { transport_protocol: raw_buffer, application_protocols: [ http/1.0, http/1.1, h2c ] }";

    [Fact]
    public async Task ServerThatSpeaksFirst_IsWaitedForOnceAndTheNextClientsAreNot()
    {
        using ScriptedServer smtp = Greeter();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(2, Sniffing(), Described(smtp.Port));
        Assert.InRange(await GreetingAsync(proxy), 0.39, 20);
        Assert.Equal(1, await proxy.StatAsync("listener.test.downstream_pre_cx_timeout"));
        Assert.Equal(1, await proxy.StatAsync("listener.test.server_first_learned"));
        Assert.Equal(1, await proxy.StatAsync("weft.server_first_destinations"));

        // Both workers know: no client waits any more.
        for (int i = 0; i < 20; i++) await GreetingAsync(proxy);
        Assert.Equal(1, await proxy.StatAsync("listener.test.downstream_pre_cx_timeout"));
        Assert.Equal(20, await proxy.StatAsync("listener.test.server_first_not_awaited"));

        SlowDetection slow = Assert.Single(proxy.Engine.SlowDetections.All);
        Assert.Equal(("test", "mail.default.svc.cluster.local", proxy.Port(), 1L), (slow.Listener, slow.Service, slow.Port, slow.Connections));
        Assert.InRange(slow.Waited, TimeSpan.FromSeconds(0.39), TimeSpan.FromSeconds(20));

        string sentence = Assert.Single(proxy.Said);
        Assert.Contains("mail.default.svc.cluster.local", sentence, StringComparison.Ordinal);
        Assert.Contains($"port {proxy.Port()}", sentence, StringComparison.Ordinal);
        Assert.Contains("waited 0.4 s", sentence, StringComparison.Ordinal);
        Assert.Contains("appProtocol: tcp", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SlowHttpClient_IsStillHttp()
    {
        using ScriptedServer web = ScriptedServer.Mirroring();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Sniffing(), Described(web.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await UntilAsync(async () => await proxy.StatAsync("cluster.upstream.upstream_cx_total") == 1, "the wait did not end");
        await client.SendAsync("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");

        // Only the connection manager sets this header.
        Assert.Contains("x-request-id:", (await client.ReadResponseAsync()).Body, StringComparison.OrdinalIgnoreCase);
        await client.SendAsync("GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Contains("/again", (await client.ReadResponseAsync()).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await proxy.NextAsync()).Status);
        Assert.Equal(200, (await proxy.NextAsync()).Status);
        Assert.Equal(1, await proxy.StatAsync("listener.test.detected_late"));
        Assert.Equal(0, await proxy.StatAsync("listener.test.server_first_learned"));
        Assert.Empty(proxy.Engine.SlowDetections.All);
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_cx_active"));
        Assert.Empty(proxy.Said);
        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task SlowHttpClientInPieces_IsStillHttp()
    {
        using ScriptedServer web = ScriptedServer.Mirroring();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Sniffing(), Described(web.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await UntilAsync(async () => await proxy.StatAsync("cluster.upstream.upstream_cx_total") == 1, "the wait did not end");
        await client.SendAsync("GE");
        await UntilAsync(async () => await proxy.StatAsync("listener.test.detected_late") == 1, "the first bytes were not looked at");
        await client.SendAsync("T / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Contains("x-request-id:", (await client.ReadResponseAsync()).Body, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task SlowClientOfAnotherProtocol_GoesOnWithoutDelay()
    {
        using ScriptedServer echo = ScriptedServer.Echoing();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Sniffing(), Described(echo.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await UntilAsync(async () => await proxy.StatAsync("cluster.upstream.upstream_cx_total") == 1, "the wait did not end");
        await client.SendAsync("\u0001\u0002binary");
        Assert.Equal("\u0001\u0002binary", await client.ReadUntilAsync("binary"));
        Assert.Equal(0, await proxy.StatAsync("listener.test.server_first_learned"));
        Assert.Equal(1, await proxy.StatAsync("cluster.upstream.upstream_cx_total"));
    }

    [Fact]
    public async Task HttpAtADestinationThatSpokeFirst_IsStillHttpAndTheMemoryEnds()
    {
        bool greets = true;
        using ScriptedServer server = ScriptedServer.Start(async client =>
        {
            if (Volatile.Read(ref greets)) await client.SendAsync("220 ready\r\n");
            while (true)
            {
                string head = await client.ReadUntilAsync("\r\n\r\n");
                await client.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {head.Length}\r\n\r\n{head}");
            }
        });
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Sniffing(), Described(server.Port));
        using (RawClient first = await RawClient.ConnectAsync(proxy.Port())) await first.ReadUntilAsync("\r\n");
        Assert.Equal(1, await proxy.StatAsync("weft.server_first_destinations"));
        Volatile.Write(ref greets, false);

        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Contains("x-request-id:", (await client.ReadResponseAsync()).Body, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, await proxy.StatAsync("weft.server_first_destinations"));
    }

    /// <summary>Plaintext and TLS on one port, as under PERMISSIVE: a server that speaks first to those who come in the clear must not take TLS away from the others.</summary>
    [Fact]
    public async Task TlsClientOfAServerThatSpeaksFirst_IsStillEnded()
    {
        using OpensslAuthority authority = new();
        authority.Issue("server", "DNS:shop");
        using ScriptedServer smtp = Greeter();
        string tls = Downstream(Certificate(authority.At("server.pem"), authority.At("server.key")));
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(
            Listener(
                $"{TcpChain("upstream", $"filter_chain_match: {{ transport_protocol: tls }}, {tls}")}, {TcpChain("upstream", "filter_chain_match: { transport_protocol: raw_buffer }")}",
                $"listener_filters: [ {Inspectors()} ], {Wait}"),
            Described(smtp.Port));
        Assert.InRange(await GreetingAsync(proxy), 0.39, 20);
        await GreetingAsync(proxy);
        Assert.Equal(1, await proxy.StatAsync("listener.test.server_first_not_awaited"));
        (_, string text) = await OpensslAuthority.AskAsync("openssl", $"s_client -connect 127.0.0.1:{proxy.Port()} -servername shop -CAfile {authority.Root} -ign_eof -quiet", "QUIT\r\n");
        Assert.Contains("220 mail.example ESMTP", text, StringComparison.Ordinal);
        Assert.Contains("221 bye", text, StringComparison.Ordinal);
        Assert.Equal(1, await proxy.StatAsync("listener.test.ssl.handshake"));
    }

    [Fact]
    public async Task WithoutALimit_TheClientIsWaitedFor()
    {
        using ScriptedServer smtp = Greeter();
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Sniffing("listener_filters_timeout: 0s, continue_on_listener_filters_timeout: true"), Described(smtp.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await proxy.AssertNoMoreAsync();
        Assert.Equal(0, smtp.Connections);
        await client.SendAsync("EHLO me\r\n");
        await client.ReadUntilAsync("250 hello\r\n");
    }

    [Fact]
    public void SlowPorts_AreBoundedAndAddUp()
    {
        SlowDetections slow = new();
        slow.Add("quick", "a", 1, SlowDetections.NoticeableMs - 1);
        Assert.Empty(slow.All);
        for (int port = 1; port <= 2 * SlowDetections.Capacity; port++) slow.Add("listener", "a", port, 100);
        slow.Add("listener", "a", 7, 4_900);
        Assert.Equal(SlowDetections.Capacity, slow.All.Count);
        Assert.Equal(new SlowDetection("listener", "a", 7, 2, TimeSpan.FromSeconds(5)), slow.All[0]);
    }

    [Fact]
    public void Memory_IsBoundedExpiresAndTellsOnlySoMuch()
    {
        ServerFirstDestinations memory = new();
        NetworkAddress client = ProxyUnderTest.Loopback(1);
        Assert.True(memory.IsEmpty);
        long[] keys = [.. Enumerable.Range(0, 10_000).Select(i => ServerFirstDestinations.Key("l", NetworkAddress.FromV4((uint)i, 25), client))];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.DoesNotContain(0, keys);
        foreach (long key in keys)
        {
            Assert.True(memory.Learn(key, 1000));
            Assert.True(memory.IsKnown(key, 1000));
            Assert.False(memory.Learn(key, 1000));
        }

        Assert.InRange(memory.CountAt(1000), ServerFirstDestinations.Capacity / 2, ServerFirstDestinations.Capacity);
        Assert.Equal(0, memory.CountAt(1000 + ServerFirstDestinations.KeepMs));
        Assert.False(memory.IsKnown(keys[^1], 1000 + ServerFirstDestinations.KeepMs));
        Assert.True(memory.Learn(keys[^1], 1000 + ServerFirstDestinations.KeepMs));
        memory.Forget(keys[^1]);
        Assert.False(memory.IsKnown(keys[^1], 1000 + ServerFirstDestinations.KeepMs));
        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => memory.MayTell(120_000)), 1, 20);
        Assert.True(memory.MayTell(180_000));

        // One port of a client is as good as another; another client or listener is another matter.
        NetworkAddress destination = ProxyUnderTest.Loopback(25);
        Assert.Equal(ServerFirstDestinations.Key("l", destination, client), ServerFirstDestinations.Key("l", destination, client.WithPort(2)));
        Assert.NotEqual(ServerFirstDestinations.Key("l", destination, client), ServerFirstDestinations.Key("l", destination, NetworkAddress.FromV4(1, 1)));
        Assert.NotEqual(ServerFirstDestinations.Key("l", destination, client), ServerFirstDestinations.Key("m", destination, client));
    }

    private static string Sniffing(string wait = Wait) =>
        Listener(HttpChain("upstream", PlainHttp), $"default_filter_chain: {TcpChain("upstream")}, listener_filters: [ {Inspectors(http: true)} ], {wait}");

    private static string Described(int port) => Cluster(
        port, "metadata: { filter_metadata: { istio: { services: [ { host: mail.default.svc.cluster.local, name: mail, namespace: default } ] } } }");

    private static ScriptedServer Greeter() => ScriptedServer.Start(async client =>
    {
        await client.SendAsync("220 mail.example ESMTP\r\n");
        while (true)
        {
            string line = await client.ReadUntilAsync("\r\n");
            if (line.StartsWith("QUIT", StringComparison.Ordinal))
            {
                await client.SendAsync("221 bye\r\n");
                return;
            }

            await client.SendAsync("250 hello\r\n");
        }
    });

    /// <summary>A whole conversation; the seconds until the server's first word.</summary>
    private static async Task<double> GreetingAsync(ConfiguredProxy proxy)
    {
        long start = Stopwatch.GetTimestamp();
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        Assert.Equal("220 mail.example ESMTP\r\n", await client.ReadUntilAsync("\r\n"));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await client.SendAsync("EHLO me\r\n");
        await client.ReadUntilAsync("250 hello\r\n");
        await client.SendAsync("QUIT\r\n");
        Assert.Equal("221 bye\r\n", await client.ReadUntilAsync("bye\r\n"));
        return seconds;
    }
}
