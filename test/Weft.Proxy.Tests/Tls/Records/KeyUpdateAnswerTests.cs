using System.Collections.Frozen;
using System.Text;
using Weft.Proxy.Engine;
using Weft.Proxy.Model;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tls;
using static Weft.Proxy.Tests.Tls.Records.RecordWorld;

namespace Weft.Proxy.Tests.Tls.Records;

/// <summary>
/// A peer's KeyUpdate that asks for ours and comes in one flight with data, at a real engine: the answer does not wait for something else to send, and nothing waits for it.
/// </summary>
public sealed class KeyUpdateAnswerTests : IDisposable
{
    private static readonly TlsCertificate s_workload = Authority.Workload();
    private readonly ProxyEngine engine = new(new EngineOptions { Concurrency = 1 });
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        engine.Dispose();
        deadline.Dispose();
    }

    [Fact]
    public async Task ClientThatAsksWithHalfARequest_HasTheAnswerBeforeTheResponse()
    {
        using ScriptedServer upstream = ScriptedServer.Start(async client =>
        {
            await client.ReadUntilAsync("\r\n\r\n");
            byte[] body = await client.ReadExactlyAsync(4);
            await client.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{Encoding.ASCII.GetString(body)}");
        });
        Publish(ProxyUnderTest.Manager, upstream.Port);
        using SocketTls client = await ConnectAsync();
        // The server's tickets, so that its records are seen to begin anew.
        await client.ReceiveUntilAsync(() => RecordsRead(client.Session) > 0);

        UpdateKeys(client.Session, asking: true);
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab"u8.ToArray());
        await client.ReceiveUntilAsync(() => RecordsRead(client.Session) == 0);
        await client.WriteAsync("cd"u8.ToArray());
        Assert.EndsWith("\r\n\r\nabcd", await ReadUntilAsync(client, "abcd"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientThatAsksWithAWholeRequest_IsServed(bool tcp)
    {
        using ScriptedServer upstream = tcp ? ScriptedServer.Echoing() : ScriptedServer.Mirroring();
        Publish(tcp ? new TcpProxyModel { StatPrefix = "test", Clusters = [new WeightedClusterModel("upstream", 1)] } : ProxyUnderTest.Manager, upstream.Port);
        using SocketTls client = await ConnectAsync();
        for (int i = 0; i < 50; i++)
        {
            UpdateKeys(client.Session, asking: true);
            await client.WriteAsync(Encoding.ASCII.GetBytes($"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n"));
            await ReadUntilAsync(client, $"GET /{i} HTTP/1.1\r\n");
        }
    }

    private static async Task<string> ReadUntilAsync(SocketTls client, string mark)
    {
        string text = "";
        while (!text.Contains(mark, StringComparison.Ordinal))
        {
            (TlsReadStatus status, byte[] data) = await client.ReadAsync();
            Assert.Equal(TlsReadStatus.Data, status);
            text += Encoding.ASCII.GetString(data);
        }

        return text;
    }

    private async Task<SocketTls> ConnectAsync()
    {
        RawClient client = await RawClient.ConnectAsync(engine.BoundAddress("test").Port);
        SocketTls connection = new(client.Socket, TlsSession.Connect(Client()), deadline.Token);
        Assert.Equal(TlsHandshakeStatus.Done, await connection.HandshakeAsync());
        Assert.True(connection.Session.OwnsRecords);
        return connection;
    }

    private void Publish(TerminalModel terminal, int upstream)
    {
        ClusterModel cluster = ProxyUnderTest.Cluster(upstream);
        SecretModel secret = new() { Name = "default", Certificate = new TlsCertificateModel { ChainPem = s_workload.Chain, PrivateKeyPem = s_workload.PrivateKey } };
        Assert.Empty(engine.Publish(new ProxySnapshot
        {
            Version = 1,
            Listeners = [ProxyUnderTest.Listener(terminal, new DownstreamTlsModel { CertificateSecretNames = ["default"] })],
            Clusters = new Dictionary<string, ClusterModel> { [cluster.Name] = cluster }.ToFrozenDictionary(),
            Secrets = new Dictionary<string, SecretModel> { ["default"] = secret }.ToFrozenDictionary(),
        }));
    }
}
