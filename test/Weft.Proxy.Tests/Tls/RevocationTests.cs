using System.Diagnostics;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;
using static Weft.Proxy.Tests.Tls.OpensslAuthority;

namespace Weft.Proxy.Tests.Tls;

/// <summary>Revocation lists made by openssl, and openssl as the peer on either side (catalogue cases 42 and 44).</summary>
public sealed class RevocationTests : IDisposable
{
    private const string Request = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";
    private readonly OpensslAuthority _authority = new();
    private readonly ScriptedServer _service = ScriptedServer.Mirroring();

    public RevocationTests()
    {
        _authority.Issue("server", "DNS:shop");
        _authority.Issue("good", "DNS:good");
        _authority.Issue("bad", "DNS:bad");
        _authority.Revoke("bad");
    }

    public void Dispose()
    {
        _service.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData(true, "-tls1_3")]
    [InlineData(true, "-tls1_2")]
    [InlineData(false, "-tls1_3")]
    public async Task RevokedClient_IsRefusedAndItsReasonIsTold(bool http, string version)
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving(http, _authority.RevocationList()), Cluster(_service.Port));
        Assert.Contains("HTTP/1.1 200 OK", await ClientAsync(proxy, $"{version} {Identity("good")}"), StringComparison.Ordinal);
        Assert.Equal(0, await proxy.StatAsync("listener.test.ssl.fail_verify_error"));
        Assert.Equal("", (await proxy.NextAsync()).ClientFailure);

        string said = await ClientAsync(proxy, $"{version} {Identity("bad")}");

        Assert.Contains("alert certificate revoked", said, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 200", said, StringComparison.Ordinal);
        Seen seen = await proxy.NextAsync();
        Assert.Equal("downstream_tls_failure{certificate_revoked}", seen.Details);
        Assert.Equal("The certificate of 'bad' does not verify: certificate revoked.", seen.ClientFailure);
        Assert.Equal(ResponseFlags.DownstreamProtocolError, seen.Flags);
        Assert.Equal(1, await proxy.StatAsync("listener.test.ssl.fail_verify_error"));
        Assert.Equal(0, await proxy.StatAsync("listener.test.ssl.connection_error"));
        Assert.Equal(1, _service.Connections);
        await proxy.AssertNoMoreAsync();
    }

    [Fact]
    public async Task ListThatExpired_ProvesNothingAndRefuses()
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving(true, _authority.RevocationList(expired: true)), Cluster(_service.Port));
        await ClientAsync(proxy, Identity("good"));
        Assert.Equal("The certificate of 'good' does not verify: CRL has expired.", (await proxy.NextAsync()).ClientFailure);
    }

    [Fact]
    public async Task ClientWithoutACertificate_IsCountedAsSuch()
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving(true, _authority.RevocationList()), Cluster(_service.Port));
        Assert.Contains("alert", await ClientAsync(proxy, ""), StringComparison.Ordinal);
        Assert.Equal("downstream_tls_failure{certificate_missing}", (await proxy.NextAsync()).Details);
        Assert.Equal(1, await proxy.StatAsync("listener.test.ssl.fail_verify_no_cert"));
    }

    /// <summary>Case 44: the session was made while the client was still trusted.</summary>
    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task SessionFromBeforeTheRevocation_IsNotResumed(string version)
    {
        _authority.Issue("later", "DNS:later");
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving(true, _authority.RevocationList()), Cluster(_service.Port));
        string session = _authority.At("session");
        Assert.Contains("HTTP/1.1 200 OK", await ClientAsync(proxy, $"{version} {Identity("later")} -sess_out {session}"), StringComparison.Ordinal);
        Assert.Contains("Reused, TLS", await ClientAsync(proxy, $"{version} {Identity("later")} -sess_in {session}"), StringComparison.Ordinal);
        Assert.Equal(1, await proxy.StatAsync("listener.test.ssl.session_reused"));
        await proxy.NextAsync();
        await proxy.NextAsync();

        _authority.Revoke("later");
        proxy.Publish(Serving(true, _authority.RevocationList()), Cluster(_service.Port));
        string said = await ClientAsync(proxy, $"{version} {Identity("later")} -sess_in {session}");

        Assert.DoesNotContain("Reused, TLS", said, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 200", said, StringComparison.Ordinal);
        Assert.Equal("downstream_tls_failure{certificate_revoked}", (await proxy.NextAsync()).Details);
        Assert.Equal(1, await proxy.StatAsync("listener.test.ssl.session_reused"));
    }

    /// <summary>Case 44 on the other side: the session with an endpoint whose certificate was revoked since is not offered.</summary>
    [Fact]
    public async Task RevokedEndpoint_Is503WithItsReasonAndItsSessionIsNotUsed()
    {
        _authority.Issue("endpoint", "DNS:endpoint");
        int port = Hosting.RunningWeftProxy.FreePort();
        using Process server = OpensslAuthority.Start("openssl", $"s_server -accept 127.0.0.1:{port} -www -cert {_authority.At("endpoint.pem")} -key {_authority.At("endpoint.key")}");
        try
        {
            await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(HttpChain("upstream")), Calling(port, _authority.RevocationList()));
            await UntilAsync(async () => (await GetAsync(proxy)).StartsWith("HTTP/1.1 200", StringComparison.Ordinal), "the endpoint never answered");
            await GetAsync(proxy);
            Assert.InRange(await proxy.StatAsync("cluster.upstream.ssl.session_reused"), 1, 1000);

            _authority.Revoke("endpoint");
            proxy.Publish(Listener(HttpChain("upstream")), Calling(port, _authority.RevocationList()));
            long reused = await proxy.StatAsync("cluster.upstream.ssl.session_reused");
            string refused = await GetAsync(proxy);

            Assert.StartsWith("HTTP/1.1 503", refused, StringComparison.Ordinal);
            Assert.Contains("certificate revoked", refused, StringComparison.Ordinal);
            Seen seen;
            do seen = await proxy.NextAsync();
            while (!seen.UpstreamFailure.Contains("does not verify", StringComparison.Ordinal));
            Assert.Equal("The certificate of 'endpoint' does not verify: certificate revoked.", seen.UpstreamFailure);
            Assert.Equal(ResponseFlags.UpstreamConnectionFailure, seen.Flags);
            Assert.Equal(1, await proxy.StatAsync("cluster.upstream.ssl.fail_verify_error"));
            Assert.Equal(reused, await proxy.StatAsync("cluster.upstream.ssl.session_reused"));
        }
        finally
        {
            server.Kill();
        }
    }

    [Fact]
    public void ListWithoutAuthorities_IsRefused() => Assert.Contains(
        "no trusted authorities",
        Problems(Listener(HttpChain("upstream", Downstream($"{Certificate(_authority.At("server.pem"), _authority.At("server.key"))}, validation_context: {{ crl: {{ filename: {_authority.RevocationList()} }} }}"))), Cluster(1)),
        StringComparison.Ordinal);

    private string Serving(bool http, string list)
    {
        string tls = Downstream(
            $"{Certificate(_authority.At("server.pem"), _authority.At("server.key"))}, validation_context: {{ trusted_ca: {{ filename: {_authority.Root} }}, crl: {{ filename: {list} }} }}",
            "require_client_certificate: true");
        return Listener(http ? HttpChain("upstream", tls) : TcpChain("upstream", tls));
    }

    private string Calling(int port, string list) => Cluster(
        port,
        Upstream($"validation_context: {{ trusted_ca: {{ filename: {_authority.Root} }}, crl: {{ filename: {list} }}, match_typed_subject_alt_names: [ {{ san_type: DNS, matcher: {{ exact: endpoint }} }} ] }}", "sni: endpoint"));

    private string Identity(string name) => $"-cert {_authority.At(name + ".pem")} -key {_authority.At(name + ".key")}";

    private async Task<string> ClientAsync(ConfiguredProxy proxy, string options) =>
        (await AskAsync("openssl", $"s_client -connect 127.0.0.1:{proxy.Port()} -servername shop -CAfile {_authority.Root} -ign_eof {options}", Request)).Text;

    private static async Task<string> GetAsync(ConfiguredProxy proxy)
    {
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await client.SendAsync(Request);
        return (await client.ReadToEndAsync()).Text;
    }
}
