using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Proxy.Tls;
using Weft.Proxy.Tls.Native;
using static Weft.Proxy.Tests.Tls.Records.RecordWorld;

namespace Weft.Proxy.Tests.Tls.Records;

/// <summary>Records of our own with other programs over loopback: .NET's SslStream and the openssl command line.</summary>
public sealed class RecordPeerTests : IDisposable
{
    private const int LargeBytes = 64 << 20;

    private readonly string folder = Directory.CreateTempSubdirectory("weft-records-").FullName;
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromSeconds(120));
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly TlsCertificate certificate = Authority.Issue(new LeafWishes { DnsNames = ["shop.example"] });

    public RecordPeerTests() => listener.Start();

    private int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose()
    {
        listener.Dispose();
        Directory.Delete(folder, recursive: true);
        deadline.Dispose();
    }

    [Theory]
    [InlineData(Aes128)]
    [InlineData(Aes256)]
    public async Task SslStreamAsClient_SixtyFourMebibytesBothWays(string suite)
    {
        Task<byte[]> client = Task.Run(async () =>
        {
            using TcpClient tcp = new();
            await tcp.ConnectAsync(IPAddress.Loopback, Port, deadline.Token);
            await using SslStream stream = new(tcp.GetStream());
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "shop.example", CertificateChainPolicy = TrustInAuthority(), CipherSuitesPolicy = new CipherSuitesPolicy([Enum.Parse<TlsCipherSuite>(suite)]), EnabledSslProtocols = SslProtocols.Tls13 }, deadline.Token);
            await SendLargeAsync(stream, seed: 1);
            byte[] hash = await HashAsync(stream);
            await stream.ShutdownAsync();
            return hash;
        });
        using SocketTls server = new(await listener.AcceptSocketAsync(deadline.Token), TlsSession.Accept(ServerContext()), deadline.Token);
        await AssertLargeAsync(server, suite);
        Assert.Equal(Expected(seed: 2), await client);
    }

    [Theory]
    [InlineData(Aes128)]
    [InlineData(Aes256)]
    public async Task SslStreamAsServer_SixtyFourMebibytesBothWays(string suite)
    {
        using X509Certificate2 own = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate.Chain.Span), Encoding.ASCII.GetString(certificate.PrivateKey.Span));
        Task<byte[]> server = Task.Run(async () =>
        {
            using TcpClient tcp = await listener.AcceptTcpClientAsync(deadline.Token);
            await using SslStream stream = new(tcp.GetStream());
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = own, CipherSuitesPolicy = new CipherSuitesPolicy([Enum.Parse<TlsCipherSuite>(suite)]), EnabledSslProtocols = SslProtocols.Tls13 }, deadline.Token);
            await SendLargeAsync(stream, seed: 1);
            byte[] hash = await HashAsync(stream);
            await stream.ShutdownAsync();
            return hash;
        });
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port, deadline.Token);
        using SocketTls client = new(socket, TlsSession.Connect(ClientContext()), deadline.Token);
        await AssertLargeAsync(client, suite);
        Assert.Equal(Expected(seed: 2), await server);
    }

    [Theory]
    [InlineData(Aes128)]
    [InlineData(Aes256)]
    public async Task OpensslClient_ChangesItsKeysAndAsksForOurs(string suite)
    {
        using Process program = Start($"s_client -connect 127.0.0.1:{Port} -tls1_3 -ciphersuites {suite} -CAfile {FileOf("ca.pem", Authority.Pem)} -servername shop.example");
        Task<string> output = program.StandardOutput.ReadToEndAsync(deadline.Token);
        using SocketTls server = new(await listener.AcceptSocketAsync(deadline.Token), TlsSession.Accept(ServerContext()), deadline.Token);
        Assert.Equal(TlsHandshakeStatus.Done, await server.HandshakeAsync());
        Assert.True(server.Session.OwnsRecords);
        foreach (string command in new[] { "k", "K", "K", "k" })
        {
            // What is read together with a command is lost: the command has to be seen first.
            await SayAsync(program, command + "\n");
            while (await program.StandardError.ReadLineAsync(deadline.Token) is { } line && line != "KEYUPDATE")
            {
            }

            await SayAsync(program, $"after {command}\n");
            Assert.Equal($"after {command}\n", await ReadLineAsync(server));
            // The command line's own change, and its records start anew.
            Assert.Equal(1UL, RecordsRead(server.Session));
            await server.WriteAsync(Encoding.ASCII.GetBytes($"heard {command}\n"));
            Assert.InRange(RecordsWritten(server.Session), 1UL, 3UL);
        }

        await server.ShutdownAsync();
        await program.WaitForExitAsync(deadline.Token);
        string text = await output;
        Assert.Equal(4, text.Split("heard ").Length - 1);
    }

    [Theory]
    [InlineData(Aes128)]
    [InlineData(Aes256)]
    public async Task OpensslServer_ChangesItsKeysGivesTicketsAndResumes(string suite)
    {
        int port = FreePort();
        using Process program = Start($"s_server -accept 127.0.0.1:{port} -naccept 3 -tls1_3 -ciphersuites {suite} -num_tickets 3 -cert {FileOf("s.pem", certificate.Chain)} -key {FileOf("k.pem", certificate.PrivateKey)}");
        Task<string> output = program.StandardOutput.ReadToEndAsync(deadline.Token);
        TlsClientContext context = ClientContext();
        for (int i = 0; i < 3; i++)
        {
            using SocketTls client = new(await ConnectAsync(port), TlsSession.Connect(context), deadline.Token);
            Assert.Equal(TlsHandshakeStatus.Done, await client.HandshakeAsync());
            Assert.True(client.Session.OwnsRecords);
            Assert.Equal(i > 0, client.Session.IsResumed);
            await SayAsync(program, "welcome\n");
            Assert.Equal("welcome\n", await ReadLineAsync(client));
            foreach (string command in new[] { "k", "K", "k", "K" })
            {
                await SayAsync(program, command + "\n");
                Task<string> line = ReadLineAsync(client);
                using (PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5)))
                {
                    while (RecordsRead(client.Session) > 0)
                        await timer.WaitForNextTickAsync(deadline.Token);
                }

                await SayAsync(program, $"after {command}\n");
                Assert.Equal($"after {command}\n", await line);
                Assert.Equal(1UL, RecordsRead(client.Session));
                await client.WriteAsync(Encoding.ASCII.GetBytes($"heard {command}\n"));
            }

            await client.ShutdownAsync();
        }

        await program.WaitForExitAsync(deadline.Token);
        string text = await output;
        Assert.Equal(12, text.Split("heard ").Length - 1);
    }

    [Fact]
    public async Task OpensslClientWithShortFragments_StaysWithOpenSsl()
    {
        using Process program = Start($"s_client -connect 127.0.0.1:{Port} -tls1_3 -maxfraglen 512 -servername shop.example");
        Task<string> output = program.StandardOutput.ReadToEndAsync(deadline.Token);
        using SocketTls server = new(await listener.AcceptSocketAsync(deadline.Token), TlsSession.Accept(ServerContext()), deadline.Token);
        Assert.Equal(TlsHandshakeStatus.Done, await server.HandshakeAsync());
        Assert.False(server.Session.OwnsRecords);
        string sent = new('x', 3000);
        await server.WriteAsync(Encoding.ASCII.GetBytes(sent));
        await server.ShutdownAsync();
        await program.WaitForExitAsync(deadline.Token);
        Assert.Contains(sent, await output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpensslClient_ResumesWithOurTickets()
    {
        TlsServerContext context = ServerContext();
        string session = Path.Combine(folder, "session.pem");
        for (int i = 0; i < 2; i++)
        {
            string option = i == 0 ? $"-sess_out {session}" : $"-sess_in {session}";
            using Process program = Start($"s_client -connect 127.0.0.1:{Port} -tls1_3 -servername shop.example {option}");
            Task<string> output = program.StandardOutput.ReadToEndAsync(deadline.Token);
            using SocketTls server = new(await listener.AcceptSocketAsync(deadline.Token), TlsSession.Accept(context), deadline.Token);
            Assert.Equal(TlsHandshakeStatus.Done, await server.HandshakeAsync());
            Assert.True(server.Session.OwnsRecords);
            Assert.Equal(i > 0, server.Session.IsResumed);
            await SayAsync(program, "hello\n");
            Assert.Equal("hello\n", await ReadLineAsync(server));
            await server.WriteAsync("goodbye\n"u8.ToArray());
            await server.ShutdownAsync();
            await program.WaitForExitAsync(deadline.Token);
            Assert.Contains("goodbye", await output, StringComparison.Ordinal);
        }
    }

    private static X509ChainPolicy TrustInAuthority()
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(Authority.Pem.Span)));
        return policy;
    }

    private TlsServerContext ServerContext()
    {
        TlsServerContext context = new TlsContextFactory().CreateServer(new TlsServerModel { Certificates = [certificate] });
        Assert.Equal(1, LibSsl.SSL_CTX_set_ciphersuites(context.Core.Handle, $"{Aes128}:{Aes256}"));
        return context;
    }

    private static TlsClientContext ClientContext() => new TlsContextFactory().CreateClient(new TlsClientModel
    {
        Peer = new TlsPeerPolicy { Trust = Authority.Trust, HostName = "shop.example" },
        ServerName = "shop.example",
    });

    /// <summary>The session's side: reads everything that the peer sends while it sends its own, then ends.</summary>
    private async Task AssertLargeAsync(SocketTls connection, string suite)
    {
        Assert.Equal(TlsHandshakeStatus.Done, await connection.HandshakeAsync());
        Assert.True(connection.Session.OwnsRecords);
        Assert.Equal(suite, connection.Session.CipherSuite);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int received = 0; received < LargeBytes;)
        {
            (TlsReadStatus status, byte[] data) = await connection.ReadAsync();
            Assert.Equal(TlsReadStatus.Data, status);
            hash.AppendData(data);
            received += data.Length;
        }

        Assert.Equal(Expected(seed: 1), hash.GetHashAndReset());
        foreach (byte[] piece in Large(seed: 2))
            await connection.WriteAsync(piece);
        await connection.ShutdownAsync();
        Assert.Equal(TlsReadStatus.Closed, (await connection.ReadAsync()).Status);
    }

    private async Task SendLargeAsync(SslStream stream, int seed)
    {
        foreach (byte[] piece in Large(seed))
            await stream.WriteAsync(piece, deadline.Token);
    }

    private async Task<byte[]> HashAsync(SslStream stream)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[70_000];
        int count;
        while ((count = await stream.ReadAsync(buffer, deadline.Token)) > 0)
            hash.AppendData(buffer, 0, count);
        return hash.GetHashAndReset();
    }

    private static byte[] Expected(int seed)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] piece in Large(seed))
            hash.AppendData(piece);
        return hash.GetHashAndReset();
    }

    /// <summary>Pieces of changing length, <see cref="LargeBytes"/> in all.</summary>
    private static IEnumerable<byte[]> Large(int seed)
    {
        Random random = new(seed);
        for (int left = LargeBytes; left > 0;)
        {
            byte[] piece = new byte[Math.Min(left, random.Next(1, 400_000))];
            random.NextBytes(piece);
            left -= piece.Length;
            yield return piece;
        }
    }

    private static async Task<string> ReadLineAsync(SocketTls connection)
    {
        StringBuilder line = new();
        while (line.Length == 0 || line[^1] != '\n')
        {
            (TlsReadStatus status, byte[] data) = await connection.ReadAsync();
            Assert.Equal(TlsReadStatus.Data, status);
            line.Append(Encoding.ASCII.GetString(data));
        }

        return line.ToString();
    }

    private async Task SayAsync(Process program, string text)
    {
        await program.StandardInput.WriteAsync(text.AsMemory(), deadline.Token);
        await program.StandardInput.FlushAsync(deadline.Token);
    }

    private string FileOf(string name, ReadOnlyMemory<byte> content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content.ToArray());
        return path;
    }

    private static Process Start(string arguments) => Process.Start(new ProcessStartInfo("openssl", arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static int FreePort()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        return ((IPEndPoint)other.LocalEndpoint).Port;
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
}
