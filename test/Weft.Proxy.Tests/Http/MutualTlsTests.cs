using System.Collections.Frozen;
using System.Net.Security;
using System.Net.Sockets;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Http;

/// <summary>Two proxies with mutual TLS between them, as between the sidecars of two workloads.</summary>
public class MutualTlsTests
{
    private const string Client = "spiffe://cluster.local/ns/default/sa/client";
    private const string Server = "spiffe://cluster.local/ns/default/sa/server";

    [Fact]
    public async Task TwoProxies_SpeakMutualTlsAndTheServerLearnsWhoAsks()
    {
        TestAuthority authority = new();
        using ScriptedServer server = ScriptedServer.Mirroring();
        using ProxyEngine inbound = Inbound(authority, server.Port);
        using ProxyEngine outbound = Outbound(authority, inbound.BoundAddress("in").Port, authority.Workload(Client), Server);
        using RawClient client = await RawClient.ConnectAsync(outbound.BoundAddress("out").Port);
        for (int i = 0; i < 50; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: By=spiffe://forged\r\n\r\n");
            (string head, string seen) = await client.ReadResponseAsync();
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
            Assert.Contains($"URI={Client}\r\n", seen);
            Assert.DoesNotContain("forged", seen);
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task LargeBodies_PassThroughBothTlsSides()
    {
        TestAuthority authority = new();
        byte[] body = new byte[3_000_000];
        new Random(1).NextBytes(body);
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            byte[] got = await upstream.ReadExactlyAsync(body.Length);
            await upstream.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {got.Length}\r\n\r\n");
            await upstream.SendAsync(got);
        });
        using ProxyEngine inbound = Inbound(authority, server.Port);
        using ProxyEngine outbound = Outbound(authority, inbound.BoundAddress("in").Port, authority.Workload(Client), Server);
        using RawClient client = await RawClient.ConnectAsync(outbound.BoundAddress("out").Port);
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n");
        Task send = client.SendAsync(body);
        await client.ReadUntilAsync("\r\n\r\n");
        Assert.Equal(body, await client.ReadExactlyAsync(body.Length));
        await send;
    }

    [Fact]
    public async Task PlaintextToAStrictListener_IsClosedAndReachesNobody()
    {
        TestAuthority authority = new();
        using ScriptedServer server = ScriptedServer.Mirroring();
        using ProxyEngine inbound = Inbound(authority, server.Port);
        using RawClient client = await RawClient.ConnectAsync(inbound.BoundAddress("in").Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.DoesNotContain("HTTP/1.1", (await client.ReadToEndAsync()).Text);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task ServerWithAnotherIdentity_Is503AndReachesNobody()
    {
        TestAuthority authority = new();
        using ScriptedServer server = ScriptedServer.Mirroring();
        using ProxyEngine inbound = Inbound(authority, server.Port);
        using ProxyEngine outbound = Outbound(authority, inbound.BoundAddress("in").Port, authority.Workload(Client), "spiffe://cluster.local/ns/default/sa/other");
        using RawClient client = await RawClient.ConnectAsync(outbound.BoundAddress("out").Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Contains("transport failure reason: ", body);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task ClientOfAnotherAuthority_IsRefused()
    {
        TestAuthority authority = new();
        using ScriptedServer server = ScriptedServer.Mirroring();
        using ProxyEngine inbound = Inbound(authority, server.Port);
        using ProxyEngine outbound = Outbound(authority, inbound.BoundAddress("in").Port, new TestAuthority("foreign").Workload(Client), Server);
        using RawClient client = await RawClient.ConnectAsync(outbound.BoundAddress("out").Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", (await client.ReadResponseAsync()).Head);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task RotatedCertificate_ServesNewConnectionsAndLeavesOpenOnesAlone()
    {
        TestAuthority authority = new();
        using ScriptedServer server = ScriptedServer.Mirroring();
        using ProxyEngine inbound = Inbound(authority, server.Port);
        int port = inbound.BoundAddress("in").Port;
        using ProxyEngine outbound = Outbound(authority, port, authority.Workload(Client), Server);
        using RawClient client = await RawClient.ConnectAsync(outbound.BoundAddress("out").Port);
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", (await client.ReadResponseAsync()).Head);
            Assert.Empty(inbound.Publish(InboundSnapshot(i + 2, authority, server.Port)));
            string shown = await SerialAsync(port);
            Assert.True(await inbound.SettleAsync(ProxyUnderTest.Deadline));
            Assert.NotEqual("", shown);
        }
    }

    [Fact]
    public async Task MissingSecret_RefusesConnectionsUntilItArrives()
    {
        TestAuthority authority = new();
        using ScriptedServer server = ScriptedServer.Mirroring();
        using var inbound = new ProxyEngine(new EngineOptions { Concurrency = 1 });
        ProxySnapshot whole = InboundSnapshot(2, authority, server.Port);
        Assert.Empty(inbound.Publish(new ProxySnapshot { Version = 1, Listeners = whole.Listeners, Clusters = whole.Clusters }));
        int port = inbound.BoundAddress("in").Port;
        using ProxyEngine outbound = Outbound(authority, port, authority.Workload(Client), Server);
        using RawClient client = await RawClient.ConnectAsync(outbound.BoundAddress("out").Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", (await client.ReadResponseAsync()).Head);
        Assert.Empty(inbound.Publish(whole));
        Assert.True(await inbound.SettleAsync(ProxyUnderTest.Deadline));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", (await client.ReadResponseAsync()).Head);
    }

    private static async Task<string> SerialAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port).WaitAsync(ProxyUnderTest.Deadline);
        await using var stream = new SslStream(new NetworkStream(socket), false, (_, certificate, _, _) => certificate?.Issuer == "CN=test root");
        await stream.AuthenticateAsClientAsync("x").WaitAsync(ProxyUnderTest.Deadline);
        return stream.RemoteCertificate?.GetSerialNumberString() ?? "";
    }

    private static ProxyEngine Inbound(TestAuthority authority, int serverPort)
    {
        var engine = new ProxyEngine(new EngineOptions { Concurrency = 1 });
        Assert.Empty(engine.Publish(InboundSnapshot(1, authority, serverPort)));
        return engine;
    }

    private static readonly DownstreamTlsModel s_downstream = new()
    {
        CertificateSecretNames = ["default"],
        ValidationSecretName = "ROOTCA",
        RequireClientCertificate = true,
        AlpnProtocols = ["h2", "http/1.1"],
    };

    private static readonly ListenerModel s_inbound = new()
    {
        Name = "in",
        Address = ProxyUnderTest.Loopback(0),
        Direction = TrafficDirection.Inbound,
        FilterChains =
        [
            new FilterChainModel
            {
                Tls = s_downstream,
                Terminal = new HttpConnectionManagerModel
                {
                    InlineRoutes = TestRoutes.To("upstream"),
                    ForwardClientCert = ForwardClientCertMode.SanitizeSet,
                    ClientCertDetails = ClientCertDetails.Uri,
                },
            },
        ],
    };

    private static ProxySnapshot InboundSnapshot(long version, TestAuthority authority, int serverPort) => new()
    {
        Version = version,
        Listeners = [s_inbound],
        Clusters = Single(ProxyUnderTest.Cluster(serverPort)),
        Secrets = new[]
        {
            Certificate(authority.Workload(Server)),
            new SecretModel { Name = "ROOTCA", Validation = new ValidationContextModel { TrustedCaPem = authority.Pem } },
        }.ToFrozenDictionary(secret => secret.Name),
    };

    private static ProxyEngine Outbound(TestAuthority authority, int port, TlsCertificate own, string expected)
    {
        var cluster = new ClusterModel
        {
            Name = "upstream",
            Endpoints = ProxyUnderTest.Endpoints(port),
            Tls = new UpstreamTlsModel
            {
                CertificateSecretNames = ["default"],
                ValidationSecretName = "ROOTCA",
                Validation = new ValidationContextModel { SubjectNames = [new SubjectNameMatchModel(SubjectNameKind.Uri, StringMatchKind.Exact, expected)] },
                Sni = "outbound_.80_._.server.default.svc.cluster.local",
                AlpnProtocols = ["istio-peer-exchange", "istio", "http/1.1"],
            },
        };
        var engine = new ProxyEngine(new EngineOptions { Concurrency = 1 });
        Assert.Empty(engine.Publish(new ProxySnapshot
        {
            Version = 1,
            Listeners = [new ListenerModel { Name = "out", Address = ProxyUnderTest.Loopback(0), FilterChains = [new FilterChainModel { Terminal = ProxyUnderTest.Manager }] }],
            Clusters = Single(cluster),
            Secrets = new[]
            {
                Certificate(own),
                new SecretModel { Name = "ROOTCA", Validation = new ValidationContextModel { TrustedCaPem = authority.Pem } },
            }.ToFrozenDictionary(secret => secret.Name),
        }));
        return engine;
    }

    private static FrozenDictionary<string, ClusterModel> Single(ClusterModel cluster) =>
        new[] { cluster }.ToFrozenDictionary(one => one.Name);

    private static SecretModel Certificate(TlsCertificate certificate) => new()
    {
        Name = "default",
        Certificate = new TlsCertificateModel { ChainPem = certificate.Chain, PrivateKeyPem = certificate.PrivateKey },
    };
}
