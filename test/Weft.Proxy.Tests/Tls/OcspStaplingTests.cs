using Weft.Proxy.Tests.Engine;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;
using static Weft.Proxy.Tests.Tls.OpensslAuthority;

namespace Weft.Proxy.Tests.Tls;

/// <summary>OCSP responses made by openssl, stapled for <c>openssl s_client -status</c>; the policies are Envoy's.</summary>
public sealed class OcspStaplingTests : IDisposable
{
    private readonly OpensslAuthority _authority = new();
    private readonly ScriptedServer _service = ScriptedServer.Mirroring();
    private readonly string _fresh;

    public OcspStaplingTests()
    {
        _authority.Issue("server", "DNS:shop");
        _fresh = _authority.OcspResponse("server");
    }

    public enum Given
    {
        None,
        Fresh,
        Expired,
    }

    public void Dispose()
    {
        _service.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("LENIENT_STAPLING", Given.Fresh, "stapled")]
    [InlineData("LENIENT_STAPLING", Given.Expired, "omitted")]
    [InlineData("LENIENT_STAPLING", Given.None, "omitted")]
    [InlineData("STRICT_STAPLING", Given.Fresh, "stapled")]
    [InlineData("STRICT_STAPLING", Given.Expired, "refused")]
    [InlineData("STRICT_STAPLING", Given.None, "omitted")]
    [InlineData("MUST_STAPLE", Given.Fresh, "stapled")]
    [InlineData("MUST_STAPLE", Given.Expired, "refused")]
    public async Task ClientThatAsks_GetsWhatThePolicySays(string policy, Given given, string outcome)
    {
        foreach (string version in new[] { "-tls1_3", "-tls1_2" })
        {
            await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving(policy, given), Cluster(_service.Port));
            string asking = await ClientAsync(proxy, $"{version} -status");
            Assert.Equal(outcome == "stapled", asking.Contains("Cert Status: good", StringComparison.Ordinal));
            Assert.Equal(outcome == "omitted", asking.Contains("OCSP response: no response sent", StringComparison.Ordinal));
            Assert.Equal(outcome != "refused", asking.Contains("HTTP/1.1 200 OK", StringComparison.Ordinal));
            Seen seen = await proxy.NextAsync();
            Assert.Equal(outcome == "refused" ? "downstream_tls_failure{staple_missing}" : "via_upstream", seen.Details);
            Assert.Equal(1, await proxy.StatAsync("listener.test.ssl.ocsp_staple_requests"));
            Assert.Equal(outcome == "stapled" ? 1 : 0, await proxy.StatAsync("listener.test.ssl.ocsp_staple_responses"));
            Assert.Equal(outcome == "omitted" ? 1 : 0, await proxy.StatAsync("listener.test.ssl.ocsp_staple_omitted"));
            Assert.Equal(outcome == "refused" ? 1 : 0, await proxy.StatAsync("listener.test.ssl.ocsp_staple_failed"));

            // Who does not ask is served whatever the policy.
            Assert.Contains("HTTP/1.1 200 OK", await ClientAsync(proxy, version), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OfSeveralCertificates_OneThatMayBeShownIsChosen()
    {
        _authority.Issue("other", "DNS:shop");
        string certificates = $"tls_certificates: [ {One("server", Expired(_fresh))}, {One("other", _authority.OcspResponse("other"))} ]";
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Listener(HttpChain("upstream", Downstream(certificates, "ocsp_staple_policy: STRICT_STAPLING"))), Cluster(_service.Port));
        string said = await ClientAsync(proxy, "-status");
        Assert.Contains("Cert Status: good", said, StringComparison.Ordinal);
        Assert.Contains("subject=CN = other", said, StringComparison.Ordinal);
    }

    [Fact]
    public void MustStapleWithoutAResponse_IsRefused() =>
        Assert.Contains("MUST_STAPLE", Problems(Serving("MUST_STAPLE", Given.None), Cluster(1)), StringComparison.Ordinal);

    [Fact]
    public void CertificateThatDemandsAStaple_NeedsOne()
    {
        _authority.Issue("demanding", "DNS:shop", "tlsfeature=status_request");
        Assert.Contains("demands a stapled OCSP response", Problems(Listener(HttpChain("upstream", Downstream($"tls_certificates: [ {One("demanding", null)} ]"))), Cluster(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void ResponseAboutAnotherCertificate_IsRefused()
    {
        _authority.Issue("other", "DNS:other");
        Assert.Contains(
            "about another certificate",
            Problems(Listener(HttpChain("upstream", Downstream($"tls_certificates: [ {One("server", _authority.OcspResponse("other"))} ]"))), Cluster(1)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void BytesThatAreNoResponse_AreRefused()
    {
        string garbage = _authority.At("garbage");
        File.WriteAllText(garbage, "-----BEGIN OCSP RESPONSE-----");
        Assert.Contains("must be one in DER", Problems(Listener(HttpChain("upstream", Downstream($"tls_certificates: [ {One("server", garbage)} ]"))), Cluster(1)), StringComparison.Ordinal);
    }

    private string One(string name, string? staple) =>
        $"{{ certificate_chain: {{ filename: {_authority.At(name + ".pem")} }}, private_key: {{ filename: {_authority.At(name + ".key")} }}{(staple is null ? "" : $", ocsp_staple: {{ filename: {staple} }}")} }}";

    private string Serving(string policy, Given given) => Listener(HttpChain("upstream", Downstream(
        $"tls_certificates: [ {One("server", given switch { Given.Fresh => _fresh, Given.Expired => Expired(_fresh), _ => null })} ]", $"ocsp_staple_policy: {policy}")));

    private async Task<string> ClientAsync(ConfiguredProxy proxy, string options) => (await AskAsync(
        "openssl", $"s_client -connect 127.0.0.1:{proxy.Port()} -servername shop -CAfile {_authority.Root} -ign_eof {options}", "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")).Text;
}
