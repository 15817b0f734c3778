using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Hbone;

/// <summary>HBONE between two proxies, with mutual TLS.</summary>
public class HboneTests
{
    [Fact]
    public async Task ManyMegabytes_PassBothWaysAndEachEndPassesOn()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port);
        using RawClient client = await pair.ConnectAsync();
        byte[] data = new byte[8_000_000];
        new Random(3).NextBytes(data);
        Task send = client.SendAsync(data);
        Assert.Equal(data, await client.ReadExactlyAsync(data.Length));
        await send;
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(("", false), await client.ReadToEndAsync());
        var ends = new[] { await pair.NextAsync(), await pair.NextAsync() };
        foreach (TrafficDirection side in (TrafficDirection[])[TrafficDirection.Inbound, TrafficDirection.Outbound])
            Assert.Equal((side, ResponseFlags.None, "", 8_000_000L, 8_000_000L), Assert.Single(ends, end => end.Direction == side));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhoDoesNotRead_StopsWhoSends(bool serverReads)
    {
        const int Most = 32 << 20;
        long sent = 0;
        byte[] block = new byte[64 * 1024];
        var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            if (serverReads) await SendAsync(upstream);
            else await ReadAsync(upstream);
        });
        await using HbonePair pair = new(server.Port);
        using RawClient client = await pair.ConnectAsync();
        Task mine = serverReads ? ReadAsync(client) : SendAsync(client);
        long last = -1;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (int still = 0; still < 6 || last <= 0; still = Interlocked.Read(ref sent) == last ? still + 1 : 0)
        {
            last = Interlocked.Read(ref sent);
            await timer.WaitForNextTickAsync();
        }

        Assert.True(last < Most, $"{last} bytes were taken for a reader that reads none");
        drain.SetResult();
        await mine;

        async Task SendAsync(RawClient to)
        {
            for (int i = 0; i < 1024; i++)
            {
                await to.SendAsync(block);
                Interlocked.Add(ref sent, block.Length);
            }
        }

        async Task ReadAsync(RawClient from)
        {
            await drain.Task;
            await from.ReadExactlyAsync(64 << 20);
        }
    }

    [Fact]
    public async Task MoreTunnelsThanStreams_OpenAnotherConnection()
    {
        const int Tunnels = 25, Streams = 10;
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port, streams: Streams);
        RawClient[] clients = await Task.WhenAll(Enumerable.Range(0, Tunnels).Select(_ => pair.ConnectAsync()));
        for (int i = 0; i < Tunnels; i++) await clients[i].SendAsync($"tunnel {i};");
        for (int i = 0; i < Tunnels; i++) Assert.Equal($"tunnel {i};", await clients[i].ReadUntilAsync(";"));
        Assert.Equal(3, await pair.StatAsync("connect_originate", ClusterStat.UpstreamCxTotal));
        Assert.Equal(Tunnels, server.Connections);

        // Tunnels that ended make room: the next ones need no further connection.
        for (int i = 0; i < Streams; i++)
        {
            clients[i].Socket.Shutdown(SocketShutdown.Send);
            await clients[i].ReadToEndAsync();
            await pair.NextAsync(TrafficDirection.Outbound);
        }

        using RawClient late = await pair.ConnectAsync();
        await late.SendAsync("late;");
        Assert.Equal("late;", await late.ReadUntilAsync(";"));
        Assert.Equal(3, await pair.StatAsync("connect_originate", ClusterStat.UpstreamCxTotal));
        foreach (RawClient client in clients) client.Dispose();
    }

    [Fact]
    public async Task Hundreds_OfTunnelsComeAndGo()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port);
        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 150).Select(async i =>
            {
                using RawClient client = await pair.ConnectAsync();
                await client.SendAsync($"tunnel {i};");
                Assert.Equal($"tunnel {i};", await client.ReadUntilAsync(";"));
                client.Socket.Shutdown(SocketShutdown.Send);
                Assert.Equal(("", false), await client.ReadToEndAsync());
            }));
        }

        Assert.InRange(await pair.StatAsync("connect_originate", ClusterStat.UpstreamCxTotal), 2, 6);
    }

    [Fact]
    public async Task GoawayInTheMiddle_LeavesTunnelsAloneAndSendsNewOnesElsewhere()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port);
        using RawClient old = await pair.ConnectAsync();
        await old.SendAsync("before;");
        Assert.Equal("before;", await old.ReadUntilAsync(";"));
        pair.PublishInbound();
        Assert.True(await pair.Inbound.SettleAsync(ProxyUnderTest.Deadline));
        while (await pair.StatAsync("connect_originate", ClusterStat.UpstreamCxCloseNotify) == 0) await Task.Yield();
        using RawClient next = await pair.ConnectAsync();
        await next.SendAsync("new;");
        Assert.Equal("new;", await next.ReadUntilAsync(";"));
        await old.SendAsync("after;");
        Assert.Equal("after;", await old.ReadUntilAsync(";"));
        Assert.Equal(2, await pair.StatAsync("connect_originate", ClusterStat.UpstreamCxTotal));
    }

    [Fact]
    public async Task OtherWorkloadAtTheAddress_IsNotSpokenTo()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port, expected: "spiffe://cluster.local/ns/default/sa/other");
        using RawClient client = await pair.ConnectAsync();
        await client.SendAsync("secret");
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        var end = await pair.NextAsync(TrafficDirection.Outbound);
        Assert.Equal(ResponseFlags.UpstreamConnectionFailure, end.Flags);
        Assert.Equal($"The workload at 127.0.0.1:{server.Port} is {HbonePair.Server}; it should be spiffe://cluster.local/ns/default/sa/other.", end.Failure);
    }

    [Theory]
    [InlineData(false, SslProtocols.Tls13)]
    [InlineData(true, SslProtocols.Tls12)]
    public async Task ClientWithoutCertificateOrWithAnOldVersion_ReachesNobody(bool hasCertificate, SslProtocols version)
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", pair.HbonePort).WaitAsync(ProxyUnderTest.Deadline);
        await using var stream = new SslStream(new NetworkStream(socket), false, (_, certificate, _, _) => certificate?.Issuer == "CN=test root");
        using CancellationTokenSource deadline = new(ProxyUnderTest.Deadline);
        var options = new SslClientAuthenticationOptions { TargetHost = "x", EnabledSslProtocols = version, ApplicationProtocols = [SslApplicationProtocol.Http2] };
        if (hasCertificate)
        {
            var own = pair.Authority.Workload(HbonePair.Client);
            using X509Certificate2 pem = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(own.Chain.Span), Encoding.ASCII.GetString(own.PrivateKey.Span));
            options.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)];
        }

        // With TLS 1.3 the client's handshake is done before the server has seen that there is no certificate.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await stream.AuthenticateAsClientAsync(options, deadline.Token);
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0"u8.ToArray(), deadline.Token);
            byte[] room = new byte[1024];
            await stream.ReadExactlyAsync(room.AsMemory(0, 9), deadline.Token);
        });
        Assert.False(deadline.IsCancellationRequested);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task HttpThroughATunnel_CarriesTheClientsIdentity()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using HbonePair pair = new(
            server.Port,
            inside: new HttpConnectionManagerModel { InlineRoutes = TestRoutes.To("application"), ForwardClientCert = ForwardClientCertMode.SanitizeSet, ClientCertDetails = ClientCertDetails.Uri },
            outside: new HttpConnectionManagerModel { InlineRoutes = TestRoutes.To("service") });
        using RawClient client = await pair.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            (string head, string seen) = await client.ReadResponseAsync();
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
            Assert.Contains($"URI={HbonePair.Client}\r\n", seen);
            Assert.Contains("x-forwarded-proto: http", seen);
        }

        Assert.Equal(1, server.Connections);
        Assert.Equal(1, await pair.StatAsync("connect_originate", ClusterStat.UpstreamRqTotal));
    }

    [Fact]
    public async Task Http2ThroughATunnel_IsServed()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using HbonePair pair = new(
            server.Port,
            inside: new HttpConnectionManagerModel { InlineRoutes = TestRoutes.To("application") },
            outside: new HttpConnectionManagerModel { InlineRoutes = TestRoutes.To("service") },
            protocol: UpstreamProtocol.Http2);
        using RawClient client = await pair.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", (await client.ReadResponseAsync()).Head);
        }

        Assert.Equal(1, await pair.StatAsync("connect_originate", ClusterStat.UpstreamRqTotal));
    }

    [Fact]
    public async Task HopThatIsNotThere_EndsTheConnectionWithItsReason()
    {
        int port;
        using (ScriptedServer server = ScriptedServer.Echoing()) port = server.Port;
        await using HbonePair pair = new(port, hop: port);
        using RawClient client = await pair.ConnectAsync();
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        var end = await pair.NextAsync(TrafficDirection.Outbound);
        Assert.Equal((ResponseFlags.UpstreamConnectionFailure, "delayed connect error: 111"), (end.Flags, end.Failure));
    }

    [Fact]
    public async Task BytesInSteadyState_AllocateNothingOnTheWorkers()
    {
        const int Block = 64 * 1024, Rounds = 400;
        using ScriptedServer server = ScriptedServer.Echoing();
        await using HbonePair pair = new(server.Port) { Observing = false };
        using RawClient client = await pair.ConnectAsync();
        byte[] block = new byte[Block];
        await RunAsync(Rounds);
        long before = await HbonePair.AllocatedAsync(pair.Inbound) + await HbonePair.AllocatedAsync(pair.Outbound);
        await RunAsync(Rounds);
        long bytes = await HbonePair.AllocatedAsync(pair.Inbound) + await HbonePair.AllocatedAsync(pair.Outbound) - before;

        // How much comes in one read is chance, so that a pool may yet make one more of its largest arrays here; 50 MB were carried.
        Assert.True(bytes < 600_000, $"{bytes} bytes for {Rounds} blocks of {Block} bytes there and back");

        async Task RunAsync(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                Task send = client.SendAsync(block);
                await client.ReadExactlyAsync(Block);
                await send;
            }
        }
    }
}
