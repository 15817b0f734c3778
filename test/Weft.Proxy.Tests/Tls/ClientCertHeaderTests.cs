using Weft.Proxy.Tests.Engine;
using static Weft.Proxy.Tests.Engine.ConfiguredProxy;
using static Weft.Proxy.Tests.Tls.OpensslAuthority;

namespace Weft.Proxy.Tests.Tls;

/// <summary>X-Forwarded-Client-Cert in its five modes, with openssl as the client (catalogue case 48).</summary>
public sealed class ClientCertHeaderTests : IDisposable
{
    private const string Claimed = "By=spiffe://claimed;Hash=00;URI=spiffe://cluster.local/ns/default/sa/admin";
    private readonly OpensslAuthority _authority = new();
    private readonly ScriptedServer _service = ScriptedServer.Mirroring();

    public ClientCertHeaderTests()
    {
        _authority.Issue("server", "URI:spiffe://cluster.local/ns/default/sa/shop,DNS:shop");
        _authority.Issue("client", "URI:spiffe://cluster.local/ns/default/sa/client,DNS:one.example,DNS:two.example");
    }

    public void Dispose()
    {
        _service.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("SANITIZE", true, false, false)]
    [InlineData("SANITIZE", false, false, false)]
    [InlineData("FORWARD_ONLY", true, true, false)]
    [InlineData("FORWARD_ONLY", false, false, false)]
    [InlineData("APPEND_FORWARD", true, true, true)]
    [InlineData("APPEND_FORWARD", false, false, false)]
    [InlineData("SANITIZE_SET", true, false, true)]
    [InlineData("SANITIZE_SET", false, false, false)]
    [InlineData("ALWAYS_FORWARD_ONLY", true, true, false)]
    [InlineData("ALWAYS_FORWARD_ONLY", false, true, false)]
    public async Task WhatTheClientClaims_AndWhatItProved_GoOnAsTheModeSays(string mode, bool showsCertificate, bool forwardsClaim, bool addsProof)
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving(mode, "uri: true"), Cluster(_service.Port));
        string seen = await HeaderAsync(proxy, showsCertificate, $"x-forwarded-client-cert: {Claimed}\r\n");
        string proof = $"By=spiffe://cluster.local/ns/default/sa/shop;Hash={await HashAsync()};URI=spiffe://cluster.local/ns/default/sa/client";
        Assert.Equal((forwardsClaim, addsProof) switch
        {
            (true, true) => $"{Claimed},{proof}",
            (true, false) => Claimed,
            (false, true) => proof,
            _ => "",
        }, seen);
    }

    [Fact]
    public async Task PlaintextClient_ProvesNothing()
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(
            Listener(HttpChain("upstream", manager: "forward_client_cert_details: APPEND_FORWARD, set_current_client_cert_details: { uri: true }")), Cluster(_service.Port));
        using RawClient client = await RawClient.ConnectAsync(proxy.Port());
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: shop\r\nx-forwarded-client-cert: {Claimed}\r\nX-Forwarded-Client-Cert: {Claimed}\r\n\r\n");
        Assert.DoesNotContain("claimed", (await client.ReadResponseAsync()).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("subject: true", ";Subject=\"CN=client\"")]
    [InlineData("dns: true", ";DNS=one.example;DNS=two.example")]
    [InlineData("subject: true, dns: true, uri: true", ";Subject=\"CN=client\";URI=spiffe://cluster.local/ns/default/sa/client;DNS=one.example;DNS=two.example")]
    [InlineData("", "")]
    public async Task Details_AreThoseAskedFor(string details, string expected)
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving("SANITIZE_SET", details), Cluster(_service.Port));
        Assert.Equal($"By=spiffe://cluster.local/ns/default/sa/shop;Hash={await HashAsync()}{expected}", await HeaderAsync(proxy, true, ""));
    }

    [Fact]
    public async Task CertificateAndChain_ArePemInPercentEncoding()
    {
        await using ConfiguredProxy proxy = ConfiguredProxy.Start(Serving("SANITIZE_SET", "cert: true, chain: true"), Cluster(_service.Port));
        string[] parts = (await HeaderAsync(proxy, true, "", $"-cert_chain {_authority.Root}")).Split(';');
        string leaf = Normal(await File.ReadAllTextAsync(_authority.At("client.pem"))), root = Normal(await File.ReadAllTextAsync(_authority.Root));
        Assert.Equal(leaf, Normal(Uri.UnescapeDataString(Value("Cert"))));
        Assert.Equal(leaf + root, Normal(Uri.UnescapeDataString(Value("Chain"))));
        Assert.DoesNotContain('\n', string.Concat(parts));

        string Value(string key) => Assert.Single(parts, part => part.StartsWith($"{key}=", StringComparison.Ordinal))[(key.Length + 1)..].Trim('"');
        static string Normal(string text) => text.ReplaceLineEndings("");
    }

    private async Task<string> HashAsync()
    {
        (_, string text) = await AskAsync("openssl", $"x509 -in {_authority.At("client.pem")} -noout -fingerprint -sha256");
        return text.Split('=')[1].Trim().Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
    }

    private async Task<string> HeaderAsync(ConfiguredProxy proxy, bool showsCertificate, string header, string more = "")
    {
        string identity = showsCertificate ? $"-cert {_authority.At("client.pem")} -key {_authority.At("client.key")} {more}" : "";
        (_, string text) = await AskAsync(
            "openssl", $"s_client -connect 127.0.0.1:{proxy.Port()} -quiet -servername shop -CAfile {_authority.Root} -ign_eof {identity}", $"GET / HTTP/1.1\r\nHost: shop\r\n{header}Connection: close\r\n\r\n");
        Assert.Contains("HTTP/1.1 200 OK", text, StringComparison.Ordinal);
        string? line = text.Split("\r\n").LastOrDefault(line => line.StartsWith("x-forwarded-client-cert:", StringComparison.OrdinalIgnoreCase));
        return line is null ? "" : line["x-forwarded-client-cert:".Length..].Trim();
    }

    private string Serving(string mode, string details) => Listener(HttpChain(
        "upstream",
        Downstream($"{Certificate(_authority.At("server.pem"), _authority.At("server.key"))}, validation_context: {{ trusted_ca: {{ filename: {_authority.Root} }} }}"),
        $"forward_client_cert_details: {mode}, set_current_client_cert_details: {{ {details} }}"));
}
