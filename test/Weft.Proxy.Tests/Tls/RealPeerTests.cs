using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>The same sessions against other programs: the openssl command line and curl, over loopback.</summary>
public sealed class RealPeerTests : IDisposable
{
    private static readonly TlsContextFactory s_factory = new();
    private readonly TestAuthority authority = new();
    private readonly TlsCertificate client;
    private readonly string folder = Directory.CreateTempSubdirectory("weft-tls-").FullName;
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));

    public RealPeerTests() => client = authority.Workload("spiffe://cluster.local/ns/default/sa/ratings");

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        deadline.Dispose();
    }

    [Theory]
    [InlineData("-tls1_3", TlsVersion.Tls13)]
    [InlineData("-tls1_2", TlsVersion.Tls12)]
    public async Task OpensslClient_SeesTheSpiffeCertificate(string option, TlsVersion version)
    {
        using Listener listener = new();
        Task<Output> program = RunAsync("openssl", $"s_client -connect 127.0.0.1:{listener.Port} {option} -CAfile {File("ca.pem", authority.Pem)} -cert {File("c.pem", client.Chain)} -key {File("k.pem", client.PrivateKey)} -alpn istio,h2 -servername reviews", "hello\n");
        using SocketTls server = await AcceptAsync(listener, MutualServer);
        Assert.Equal(TlsHandshakeStatus.Done, await server.HandshakeAsync());
        Assert.Equal("hello\n", Encoding.ASCII.GetString((await server.ReadAsync()).Data));
        Assert.Equal(version, server.Session.Version);
        Assert.Equal("h2", Encoding.ASCII.GetString(server.Session.Alpn));
        Assert.Equal("reviews", server.Session.ServerName);
        Assert.Equal("spiffe://cluster.local/ns/default/sa/ratings", server.Session.Peer!.SpiffeId);
        await server.WriteAsync("goodbye\n"u8.ToArray());
        await server.ShutdownAsync();
        Output output = await program;
        Assert.Contains("Verify return code: 0 (ok)", output.Text, StringComparison.Ordinal);
        Assert.Contains("ALPN protocol: h2", output.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_1 -cipher ALL:@SECLEVEL=0", TlsFailure.ProtocolVersion)]
    [InlineData("-tls1 -cipher ALL:@SECLEVEL=0", TlsFailure.ProtocolVersion)]
    [InlineData("-tls1_2 -cipher AES128-SHA", TlsFailure.NoSharedAlgorithm)]
    [InlineData("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", TlsFailure.NoSharedAlgorithm)]
    [InlineData("-tls1_2 -cipher NULL:@SECLEVEL=0", TlsFailure.NoSharedAlgorithm)]
    [InlineData("-tls1_3 -groups P-521", TlsFailure.NoSharedAlgorithm)]
    public async Task OpensslClient_WithWeakOffers_IsRefusedByAnAlert(string options, TlsFailure failure)
    {
        using Listener listener = new();
        Task<Output> program = RunAsync("openssl", $"s_client -connect 127.0.0.1:{listener.Port} {options}", "");
        using SocketTls server = await AcceptAsync(listener, MutualServer);
        Assert.Equal(TlsHandshakeStatus.Failed, await server.HandshakeAsync());
        Assert.Equal(failure, server.Session.Failure);
        server.Dispose();
        Assert.Contains("alert", (await program).Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task OpensslClient_AskingToRenegotiate_IsNotObeyed()
    {
        using Listener listener = new();
        Task<Output> program = RunAsync("openssl", $"s_client -connect 127.0.0.1:{listener.Port} -tls1_2", "R\n");
        using SocketTls server = await AcceptAsync(listener, s_factory.CreateServer(new TlsServerModel { Certificates = [authority.Workload()] }));
        Assert.Equal(TlsHandshakeStatus.Done, await server.HandshakeAsync());
        TlsReadStatus status;
        do
        {
            (status, _) = await server.ReadAsync();
        }
        while (status == TlsReadStatus.Data);
        server.Dispose();
        Assert.Contains("no renegotiation", (await program).Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Curl_GetsAPageAndMustTrust()
    {
        string page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwoven";
        TlsServerContext context = s_factory.CreateServer(new TlsServerModel { Certificates = [authority.Issue(new LeafWishes { DnsNames = ["shop.example"] })], Alpn = ["http/1.1"] });
        foreach (bool trusts in new[] { true, false })
        {
            using Listener listener = new();
            string trust = trusts ? $"--cacert {File("ca.pem", authority.Pem)}" : "";
            Task<Output> program = RunAsync("curl", $"-sS --max-time 10 {trust} --resolve shop.example:{listener.Port}:127.0.0.1 https://shop.example:{listener.Port}/", "");
            using SocketTls server = await AcceptAsync(listener, context);
            if (await server.HandshakeAsync() == TlsHandshakeStatus.Done)
            {
                (TlsReadStatus status, byte[] request) = await server.ReadAsync();
                if (status == TlsReadStatus.Data)
                {
                    Assert.StartsWith("GET / HTTP/1.1", Encoding.ASCII.GetString(request), StringComparison.Ordinal);
                    await server.WriteAsync(Encoding.ASCII.GetBytes(page));
                    await server.ShutdownAsync();
                }
            }

            server.Dispose();
            Output output = await program;
            Assert.Equal(trusts, output.ExitCode == 0);
            Assert.Equal(trusts, output.Text.Contains("woven", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task OpensslServer_IsVerifiedAndGetsOurCertificate()
    {
        TlsCertificate certificate = authority.Workload();
        int port = FreePort();
        using Process server = Start("openssl", $"s_server -accept 127.0.0.1:{port} -naccept 1 -quiet -Verify 3 -verify_return_error -CAfile {File("ca.pem", authority.Pem)} -cert {File("s.pem", certificate.Chain)} -key {File("sk.pem", certificate.PrivateKey)}");
        await server.StandardInput.WriteAsync("from the server\n");
        await server.StandardInput.FlushAsync(deadline.Token);
        TlsClientContext context = s_factory.CreateClient(new TlsClientModel
        {
            Certificate = client,
            Peer = new TlsPeerPolicy { Trust = authority.Trust, RequireSpiffe = true, AllowedNames = [new SanMatcher(SanType.Uri, SanMatchMode.Exact, "spiffe://cluster.local/ns/default/sa/reviews")] },
            ServerName = "reviews",
        });
        using SocketTls connection = new(await ConnectAsync(port), TlsSession.Connect(context), deadline.Token);
        Assert.Equal(TlsHandshakeStatus.Done, await connection.HandshakeAsync());
        Assert.Equal("spiffe://cluster.local/ns/default/sa/reviews", connection.Session.Peer!.SpiffeId);
        Assert.Equal("from the server\n", Encoding.ASCII.GetString((await connection.ReadAsync()).Data));
        await connection.ShutdownAsync();
        connection.Dispose();
        await server.WaitForExitAsync(deadline.Token);
        Assert.Equal(0, server.ExitCode);
    }

    private TlsServerContext MutualServer => s_factory.CreateServer(new TlsServerModel
    {
        Certificates = [authority.Workload()],
        Peer = new TlsPeerPolicy { Trust = authority.Trust, RequireSpiffe = true },
        ClientCertificate = ClientCertificateMode.Required,
        Alpn = ["h2", "http/1.1"],
    });

    private string File(string name, ReadOnlyMemory<byte> content)
    {
        string path = Path.Combine(folder, name);
        System.IO.File.WriteAllBytes(path, content.ToArray());
        return path;
    }

    private async Task<SocketTls> AcceptAsync(Listener listener, TlsServerContext context) =>
        new(await listener.AcceptAsync(deadline.Token), TlsSession.Accept(context), deadline.Token);

    private static Process Start(string program, string arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private async Task<Output> RunAsync(string program, string arguments, string input)
    {
        using Process process = Start(program, arguments);
        await process.StandardInput.WriteAsync(input);
        await process.StandardInput.FlushAsync(deadline.Token);
        Task<string> text = process.StandardOutput.ReadToEndAsync(deadline.Token), errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return new Output(process.ExitCode, await text + await errors);
    }

    private static int FreePort()
    {
        using Listener listener = new();
        return listener.Port;
    }

    /// <summary>The other program needs a moment to listen: refused attempts are repeated until the deadline.</summary>
    private async Task<Socket> ConnectAsync(int port)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
                return socket;
            }
            catch (SocketException) when (!deadline.IsCancellationRequested)
            {
                socket.Dispose();
                await timer.WaitForNextTickAsync(deadline.Token);
            }
        }
    }

    private sealed record Output(int ExitCode, string Text);

    private sealed class Listener : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        internal Listener() => listener.Start();

        internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        internal ValueTask<Socket> AcceptAsync(CancellationToken cancel) => listener.AcceptSocketAsync(cancel);

        public void Dispose() => listener.Dispose();
    }
}
