using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>
/// A real engine as both sides of the mesh: a plaintext listener whose cluster speaks mutual TLS to a second listener, whose cluster is the service. Secrets come as over SDS.
/// </summary>
public sealed class ProxyTlsTests : IDisposable
{
    private const string Reviews = "spiffe://cluster.local/ns/default/sa/reviews";
    private readonly TestAuthority authority = new("mesh root");
    private readonly ProxyEngine engine = new(new EngineOptions { Concurrency = 1 });
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
    private readonly ListenerModel inbound;
    private readonly ListenerModel outbound;
    private readonly ClusterModel service;
    private readonly ScriptedServer upstream;
    private readonly SecretModel roots;
    private long version;

    public ProxyTlsTests()
    {
        upstream = ScriptedServer.Mirroring();
        roots = new SecretModel { Name = "ROOTCA", Validation = new ValidationContextModel { TrustedCaPem = authority.Pem } };
        DownstreamTlsModel tls = new() { CertificateSecretNames = ["default"], ValidationSecretName = "ROOTCA", RequireClientCertificate = true, AlpnProtocols = ["h2", "http/1.1"] };
        service = ProxyUnderTest.Cluster(upstream.Port);
        inbound = Listener("inbound", "upstream", tls);
        outbound = Listener("outbound", "reviews", null);
    }

    public void Dispose()
    {
        engine.Dispose();
        upstream.Dispose();
        deadline.Dispose();
    }

    [Fact]
    public async Task MutualTls_CarriesRequestsAndTellsWhoAsked()
    {
        Publish(Secret(authority.Workload(Reviews)), Upstream());
        using RawClient client = await RawClient.ConnectAsync(Port("outbound"));
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync($"GET /{i} HTTP/1.1\r\nHost: reviews\r\n\r\n");
            (string head, string seen) = await client.ReadResponseAsync();
            Assert.StartsWith("HTTP/1.1 200 OK", head, StringComparison.Ordinal);
            Assert.StartsWith($"GET /{i} HTTP/1.1\r\n", seen, StringComparison.Ordinal);
            Assert.Contains($"By={Reviews};Hash=", seen, StringComparison.Ordinal);
            Assert.Contains($"URI={Reviews}", seen, StringComparison.Ordinal);
        }

        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task LargeBodies_ArriveUnchangedThroughTwoTlsSides(int size)
    {
        byte[] body = RandomNumberGenerator.GetBytes(size);
        byte[] head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
        byte[]? uploaded = null;
        using ScriptedServer large = ScriptedServer.Start(async client =>
        {
            await client.ReadUntilAsync("\r\n\r\n");
            uploaded = await client.ReadExactlyAsync(size);
            await client.SendAsync(head);
            await client.SendAsync(body);
            await client.ReceiveAsync();
        });
        Publish(Secret(authority.Workload(Reviews)), Upstream(), ProxyUnderTest.Cluster(large.Port));
        using RawClient client = await RawClient.ConnectAsync(Port("outbound"));
        Task sending = client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: reviews\r\nContent-Length: {size}\r\n\r\n"), .. body]);
        await client.ReadUntilAsync("\r\n\r\n");
        byte[] received = await client.ReadExactlyAsync(size);
        await sending;
        Assert.True(body.AsSpan().SequenceEqual(received));
        Assert.True(body.AsSpan().SequenceEqual(uploaded));
    }

    [Fact]
    public async Task ServerThatIsNotAllowed_Gives503AndSendsNothing()
    {
        Publish(Secret(authority.Workload("spiffe://cluster.local/ns/default/sa/impostor")), Upstream());
        using RawClient client = await RawClient.ConnectAsync(Port("outbound"));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", (await client.ReadResponseAsync()).Head, StringComparison.Ordinal);
        Assert.Equal(0, upstream.Connections);
    }

    [Fact]
    public async Task PlaintextServerBehindATlsCluster_Gives503()
    {
        using ScriptedServer plain = ScriptedServer.Start(async client =>
        {
            await client.ReceiveAsync();
            await client.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        });
        Publish(Secret(authority.Workload(Reviews)), Upstream(plain.Port));
        using RawClient client = await RawClient.ConnectAsync(Port("outbound"));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", (await client.ReadResponseAsync()).Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlaintextToAStrictListener_IsClosedWithoutAnAnswer()
    {
        Publish(Secret(authority.Workload(Reviews)), Upstream());
        using RawClient client = await RawClient.ConnectAsync(Port("inbound"));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n");
        (string text, _) = await client.ReadToEndAsync();
        Assert.DoesNotContain("HTTP/1.", text, StringComparison.Ordinal);
        Assert.Equal(0, upstream.Connections);
    }

    [Fact]
    public async Task SecretsThatHaveNotArrived_RefuseAndThenServe()
    {
        Publish(null, Upstream());
        using (RawClient early = await RawClient.ConnectAsync(Port("outbound")))
        {
            await early.SendAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 503 ", (await early.ReadResponseAsync()).Head, StringComparison.Ordinal);
        }

        Publish(Secret(authority.Workload(Reviews)), Upstream());
        Assert.True(await engine.SettleAsync(TimeSpan.FromSeconds(20)));
        using RawClient client = await RawClient.ConnectAsync(Port("outbound"));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TlsServerThatEndsWithoutCloseNotify_IsNotACompleteResponse()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        TlsServerContext context = new TlsContextFactory().CreateServer(new TlsServerModel { Certificates = [authority.Workload(Reviews)], Alpn = ["http/1.1"] });
        Task serving = ServeTruncatedAsync(listener, context);
        Publish(Secret(authority.Workload(Reviews)), Upstream(((IPEndPoint)listener.LocalEndpoint).Port));
        using RawClient client = await RawClient.ConnectAsync(Port("outbound"));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n");
        (string text, bool reset) = await client.ReadToEndAsync();
        await serving;
        Assert.StartsWith("HTTP/1.1 ", text, StringComparison.Ordinal);
        Assert.True(reset || text.StartsWith("HTTP/1.1 50", StringComparison.Ordinal) || !text.EndsWith("0\r\n\r\n", StringComparison.Ordinal), text);
    }

    [Fact]
    public async Task CertificatesThatChangeUnderLoad_FailNoRequestAndEndNoConnection()
    {
        Publish(Secret(authority.Workload(Reviews)), Upstream());
        using RawClient lasting = await RawClient.ConnectAsync(Port("inbound"));
        TlsContextFactory factory = new();
        TlsPeerPolicy peer = new() { Trust = authority.Trust, RequireSpiffe = true };
        TlsClientContext client = factory.CreateClient(new TlsClientModel { Certificate = authority.Workload("spiffe://cluster.local/ns/default/sa/client"), Peer = peer, Alpn = ["http/1.1"] });
        using SocketTls open = new(lasting.Socket, TlsSession.Connect(client), deadline.Token);
        Assert.Equal(TlsHandshakeStatus.Done, await open.HandshakeAsync());
        string first = open.Session.Peer!.Sha256;
        HashSet<string> certificates = [];
        for (int round = 0; round < 25; round++)
        {
            Publish(Secret(authority.Workload(Reviews)), Upstream());
            // New connections on both sides, while the change may be only half way through.
            for (int i = 0; i < 3; i++)
            {
                using RawClient fresh = await RawClient.ConnectAsync(Port("outbound"));
                await fresh.SendAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n");
                Assert.StartsWith("HTTP/1.1 200 ", (await fresh.ReadResponseAsync()).Head, StringComparison.Ordinal);
                using SocketTls direct = new((await RawClient.ConnectAsync(Port("inbound"))).Socket, TlsSession.Connect(client), deadline.Token);
                Assert.Equal(TlsHandshakeStatus.Done, await direct.HandshakeAsync());
                await AssertAnswersAsync(direct);
                certificates.Add(direct.Session.Peer!.Sha256);
            }

            await AssertAnswersAsync(open);
        }

        Assert.Equal(first, open.Session.Peer.Sha256);
        Assert.InRange(certificates.Count, 12, 26);
    }

    [Fact]
    public async Task RequestsOverTls_AllocateNothingOnTheWorker()
    {
        Publish(Secret(authority.Workload(Reviews)), Upstream());
        using RawClient client = await RawClient.ConnectAsync(Port("outbound"));
        byte[] request = Encoding.ASCII.GetBytes("GET /a HTTP/1.1\r\nHost: reviews\r\n\r\n");
        await RunAsync(client, request, 300);
        long before = await AllocatedAsync();
        await RunAsync(client, request, 2_000);
        long after = await AllocatedAsync();
        long asking = await AllocatedAsync() - after;
        Assert.True(after - before <= asking + 64, $"{after - before} bytes for 2,000 requests");
    }

    private static async Task RunAsync(RawClient client, byte[] request, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await client.SendAsync(request);
            await client.ReadResponseAsync();
        }
    }

    private async Task<long> AllocatedAsync()
    {
        TaskCompletionSource<long> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(engine.Workers[0].Post(_ => result.SetResult(GC.GetAllocatedBytesForCurrentThread())));
        return await result.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static async Task AssertAnswersAsync(SocketTls connection)
    {
        await connection.WriteAsync("GET / HTTP/1.1\r\nHost: reviews\r\n\r\n"u8.ToArray());
        (TlsReadStatus status, byte[] data) = await connection.ReadAsync();
        Assert.Equal(TlsReadStatus.Data, status);
        Assert.StartsWith("HTTP/1.1 200 ", Encoding.ASCII.GetString(data), StringComparison.Ordinal);
    }

    private async Task ServeTruncatedAsync(TcpListener listener, TlsServerContext context)
    {
        using SocketTls connection = new(await listener.AcceptSocketAsync(deadline.Token), TlsSession.Accept(context), deadline.Token);
        await connection.HandshakeAsync();
        await connection.ReadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of a bo"u8.ToArray());
        // Disposing closes the socket without close_notify.
    }

    private int Port(string listener) => engine.BoundAddress(listener).Port;

    private static ListenerModel Listener(string name, string cluster, DownstreamTlsModel? tls) => new()
    {
        Name = name,
        Address = ProxyUnderTest.Loopback(0),
        FilterChains =
        [
            new FilterChainModel
            {
                Terminal = new HttpConnectionManagerModel
                {
                    StatPrefix = name,
                    InlineRoutes = TestRoutes.To(cluster),
                    ForwardClientCert = ForwardClientCertMode.AppendForward,
                    ClientCertDetails = ClientCertDetails.Uri,
                },
                Tls = tls,
            },
        ],
    };

    /// <summary>The cluster of the outbound side; without a port it leads to the inbound listener.</summary>
    private Func<ClusterModel> Upstream(int? port = null) => () => new ClusterModel
    {
        Name = "reviews",
        ConnectTimeout = TimeSpan.FromSeconds(5),
        Endpoints = ProxyUnderTest.Endpoints(port ?? Port("inbound")),
        Tls = new UpstreamTlsModel
        {
            CertificateSecretNames = ["default"],
            ValidationSecretName = "ROOTCA",
            Validation = new ValidationContextModel { SubjectNames = [new SubjectNameMatchModel(SubjectNameKind.Uri, StringMatchKind.Exact, Reviews)] },
            Sni = "outbound_.80_._.reviews.default.svc.cluster.local",
            AlpnProtocols = ["istio", "http/1.1"],
        },
    };

    private static SecretModel Secret(TlsCertificate certificate) => new()
    {
        Name = "default",
        Certificate = new TlsCertificateModel { ChainPem = certificate.Chain, PrivateKeyPem = certificate.PrivateKey },
    };

    private void Publish(SecretModel? certificate, Func<ClusterModel> reviews, ClusterModel? other = null)
    {
        Dictionary<string, SecretModel> secrets = new() { ["ROOTCA"] = roots };
        if (certificate is not null)
            secrets["default"] = certificate;
        if (version == 0)
            Publish(secrets, [inbound], other ?? service);
        Publish(secrets, [inbound, outbound], other ?? service, reviews());
    }

    private void Publish(Dictionary<string, SecretModel> secrets, ListenerModel[] listeners, params ClusterModel[] clusters) => Assert.Empty(engine.Publish(new ProxySnapshot
    {
        Version = ++version,
        Listeners = listeners,
        Clusters = clusters.ToFrozenDictionary(cluster => cluster.Name),
        Secrets = secrets.ToFrozenDictionary(),
    }));
}
