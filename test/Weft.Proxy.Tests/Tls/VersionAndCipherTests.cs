using System.Diagnostics;
using Weft.Proxy.Tests.Engine;
using Weft.Proxy.Tests.Hosting;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;
using static Weft.Proxy.Tests.Tls.OpensslAuthority;

namespace Weft.Proxy.Tests.Tls;

/// <summary>Versions and cipher suites as configured, on both sides, with openssl as the other (catalogue case 40).</summary>
public sealed class VersionAndCipherTests : IDisposable
{
    private readonly OpensslAuthority _authority = new();
    private readonly ScriptedServer _service = ScriptedServer.Mirroring();

    public VersionAndCipherTests() => _authority.Issue("server", "DNS:shop");

    public void Dispose()
    {
        _service.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("", "-tls1_3", "TLSv1.3")]
    [InlineData("", "-tls1_2", "TLSv1.2")]
    [InlineData("", "-tls1_1 -cipher ALL:@SECLEVEL=0", "alert protocol version")]
    [InlineData("", "-tls1 -cipher ALL:@SECLEVEL=0", "alert protocol version")]
    [InlineData("tls_minimum_protocol_version: TLSv1_3", "-tls1_2", "alert protocol version")]
    [InlineData("tls_minimum_protocol_version: TLSv1_3", "", "TLSv1.3")]
    [InlineData("tls_maximum_protocol_version: TLSv1_2", "-tls1_3", "alert protocol version")]
    [InlineData("tls_maximum_protocol_version: TLSv1_2", "", "TLSv1.2")]
    [InlineData("cipher_suites: [ ECDHE-ECDSA-CHACHA20-POLY1305 ]", "-tls1_2", "ECDHE-ECDSA-CHACHA20-POLY1305")]
    [InlineData("cipher_suites: [ ECDHE-ECDSA-CHACHA20-POLY1305 ]", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", "alert handshake failure")]
    [InlineData("cipher_suites: [ ECDHE-ECDSA-AES256-SHA, ECDHE-ECDSA-AES128-GCM-SHA256 ]", "-tls1_2", "ECDHE-ECDSA-AES256-SHA")]
    [InlineData("", "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA", "alert handshake failure")]
    [InlineData("", "-tls1_2 -cipher NULL:@SECLEVEL=0", "alert handshake failure")]
    [InlineData("ecdh_curves: [ P-384 ]", "-tls1_3 -curves P-256", "alert handshake failure")]
    [InlineData("ecdh_curves: [ P-384 ]", "-tls1_3", "TLSv1.3")]
    public async Task Client_IsServedWithinWhatIsConfigured(string parameters, string options, string expected)
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(
            Listener(HttpChain("upstream", Downstream($"{Certificate(_authority.At("server.pem"), _authority.At("server.key"))}, tls_params: {{ {parameters} }}"))), Cluster(_service.Port));
        (_, string text) = await AskAsync(
            "openssl", $"s_client -connect 127.0.0.1:{proxy.Port()} -servername shop -CAfile {_authority.Root} -ign_eof {options}", "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        Assert.Contains(expected, text, StringComparison.Ordinal);
        bool refused = expected.Contains("alert", StringComparison.Ordinal);
        Assert.Equal(!refused, text.Contains("HTTP/1.1 200 OK", StringComparison.Ordinal));
        Seen seen = await proxy.NextAsync();
        Assert.Equal(refused ? 1 : 0, await proxy.StatAsync("listener.test.ssl.connection_error"));
        if (refused)
        {
            Assert.StartsWith("downstream_tls_failure{", seen.Details, StringComparison.Ordinal);
            Assert.NotEmpty(seen.ClientFailure);
        }
    }

    [Theory]
    [InlineData("", "-tls1_3", 200)]
    [InlineData("", "-tls1_2", 200)]
    [InlineData("", "-tls1_1 -cipher ALL:@SECLEVEL=0", 503)]
    [InlineData("tls_minimum_protocol_version: TLSv1_3", "-tls1_2", 503)]
    [InlineData("tls_maximum_protocol_version: TLSv1_2", "-tls1_3", 503)]
    [InlineData("tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ ECDHE-ECDSA-AES256-GCM-SHA384 ]", "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", 200)]
    [InlineData("tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ ECDHE-ECDSA-AES256-GCM-SHA384 ]", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", 503)]
    public async Task Endpoint_IsUsedWithinWhatIsConfigured(string parameters, string options, int status)
    {
        int port = RunningWeftProxy.FreePort();
        using Process server = OpensslAuthority.Start("openssl", $"s_server -accept 127.0.0.1:{port} -www -cert {_authority.At("server.pem")} -key {_authority.At("server.key")} {options}");
        try
        {
            await using ConfiguredProxy proxy = ConfiguredProxy.Start(
                Listener(HttpChain("upstream")),
                Cluster(port, Upstream($"tls_params: {{ {parameters} }}, validation_context: {{ trusted_ca: {{ filename: {_authority.Root} }} }}", "sni: shop")));
            string text = "";
            await UntilAsync(
                async () =>
                {
                    using RawClient client = await RawClient.ConnectAsync(proxy.Port());
                    await client.SendAsync("GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
                    text = (await client.ReadToEndAsync()).Text;
                    // Until it listens, connections are refused.
                    return !text.Contains("delayed connect error", StringComparison.Ordinal);
                },
                "openssl s_server did not start");
            Assert.StartsWith($"HTTP/1.1 {status} ", text, StringComparison.Ordinal);
            if (status == 503)
            {
                Assert.Contains("transport failure reason", text, StringComparison.Ordinal);
                Assert.Equal(1, await proxy.StatAsync("cluster.upstream.ssl.connection_error"));
            }
        }
        finally
        {
            server.Kill();
        }
    }
}
