using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;
using static Weft.Proxy.Tests.Tls.Records.RecordWorld;

namespace Weft.Proxy.Tests.Hosting;

/// <summary>Who protects the records of TLS 1.3, by <c>--tls-records</c> of the program.</summary>
[Collection(WeftProxyProgram.Collection)]
public sealed class TlsRecordsOptionTests(WeftProxyProgram program) : IDisposable
{
    private const int LargeBytes = 3_000_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-records-").FullName;
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _deadline.Dispose();
    }

    [Theory]
    [InlineData("own")]
    [InlineData("openssl")]
    [InlineData(null)]
    public async Task EitherValue_ServesTls13(string? value)
    {
        string large = new('x', LargeBytes);
        using ScriptedServer server = ScriptedServer.Start(async client =>
        {
            while (true)
            {
                string head = await client.ReadUntilAsync("\r\n\r\n");
                string body = head.StartsWith("GET /large", StringComparison.Ordinal) ? large : "small";
                await client.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            }
        });
        int port = RunningWeftProxy.FreePort();
        await using RunningWeftProxy proxy = RunningWeftProxy.Start(program, Bootstrap(port, server.Port), value is null ? [] : ["--tls-records", value], []);
        await proxy.StartedAsync();

        await using SslStream stream = await ConnectAsync(port);
        Assert.Equal(SslProtocols.Tls13, stream.SslProtocol);
        for (int i = 0; i < 3; i++)
        {
            Assert.EndsWith("\r\n\r\nsmall", await AskAsync(stream, "/", "small"), StringComparison.Ordinal);
            Assert.Equal(LargeBytes, (await AskAsync(stream, "/large", "xxxxx")).Count(static letter => letter == 'x'));
        }

        if (value == "openssl") return;
        // Records of our own answer a change of keys at once; OpenSSL's would wait for the next response.
        RawClient raw = await RawClient.ConnectAsync(port);
        using SocketTls client = new(raw.Socket, TlsSession.Connect(Client()), _deadline.Token);
        Assert.Equal(TlsHandshakeStatus.Done, await client.HandshakeAsync());
        await client.ReceiveUntilAsync(() => RecordsRead(client.Session) > 0);
        UpdateKeys(client.Session, asking: true);
        await client.FlushAsync();
        await client.ReceiveUntilAsync(() => RecordsRead(client.Session) == 0);
    }

    [Theory]
    [InlineData("--tls-records", "boringssl")]
    [InlineData("--tls-records=", null)]
    [InlineData("--tls-records=OWN", null)]
    public async Task AnyOtherValue_IsASentenceAndExitCode2(string option, string? value)
    {
        await using RunningWeftProxy proxy = RunningWeftProxy.Start(program, Bootstrap(RunningWeftProxy.FreePort(), 1), value is null ? [option] : [option, value], []);
        Assert.Equal(2, await proxy.EndAsync());
        await proxy.UntilSaidAsync($"'--tls-records' takes own or openssl, not '{value ?? option[(option.IndexOf('=', StringComparison.Ordinal) + 1)..]}'; see weft-proxy --help.");
    }

    private async Task<SslStream> ConnectAsync(int port)
    {
        TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, port, _deadline.Token);
        SslStream stream = new(tcp.GetStream());
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(Authority.Pem.Span)));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "shop.example", CertificateChainPolicy = policy, EnabledSslProtocols = SslProtocols.Tls13 }, _deadline.Token);
        return stream;
    }

    private async Task<string> AskAsync(SslStream stream, string path, string end)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n"), _deadline.Token);
        StringBuilder text = new();
        byte[] buffer = new byte[100_000];
        int wanted = end == "small" ? 5 : LargeBytes, head = -1;
        while (head < 0 || text.Length - head < wanted)
        {
            int count = await stream.ReadAsync(buffer, _deadline.Token);
            Assert.NotEqual(0, count);
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
            if (head < 0 && text.ToString().IndexOf("\r\n\r\n", StringComparison.Ordinal) is var at and >= 0) head = at + 4;
        }

        return text.ToString(head - 4, text.Length - head + 4);
    }

    private string Bootstrap(int port, int upstream)
    {
        TlsCertificate certificate = Authority.Issue(new LeafWishes { DnsNames = ["shop.example"], Uris = ["spiffe://cluster.local/ns/default/sa/reviews"] });
        string chain = Path.Combine(_folder, "chain.pem"), key = Path.Combine(_folder, "key.pem");
        File.WriteAllBytes(chain, certificate.Chain.ToArray());
        File.WriteAllBytes(key, certificate.PrivateKey.ToArray());
        string tls = $"transport_socket: {{ name: tls, typed_config: {{ \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, "
            + $"common_tls_context: {{ tls_certificates: [ {{ certificate_chain: {{ filename: {chain} }}, private_key: {{ filename: {key} }} }} ] }} }} }}";
        return RunningWeftProxy.Bootstrap(port, RunningWeftProxy.Static(upstream)).Replace("    - filters:", $"    - {tls}\n      filters:", StringComparison.Ordinal);
    }
}
