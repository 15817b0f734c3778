using System.Security.Cryptography;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>Making contexts: choice of certificates, resumption, and material that cannot work.</summary>
public sealed class TlsContextTests
{
    private static readonly TlsContextFactory s_factory = new();
    private static readonly TestAuthority s_authority = new();

    private static TlsPeerPolicy Spiffe => new() { Trust = s_authority.Trust, RequireSpiffe = true };

    [Theory]
    [InlineData("one.example", "one.example")]
    [InlineData("TWO.example", "two.example")]
    [InlineData("x.wild.example", "*.wild.example")]
    [InlineData("unknown.example", "one.example")]
    [InlineData(null, "one.example")]
    public void SeveralCertificates_ServerNameChooses(string? serverName, string expected)
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel
        {
            Certificates = [.. new[] { "one.example", "two.example", "*.wild.example" }.Select(name => s_authority.Issue(new LeafWishes { DnsNames = [name] }))],
        });
        using TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel { Peer = new TlsPeerPolicy { Trust = s_authority.Trust } }), serverName);
        pair.Run();
        Assert.Equal(expected, pair.Client.Peer!.Names.DnsNames.Single());
    }

    [Theory]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256")]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256")]
    public void TwinsOfTwoKeyTypes_ServeBothKindsOfClient(string suite)
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel
        {
            Certificates = [s_authority.Issue(new LeafWishes { DnsNames = ["one.example"] }), s_authority.Issue(new LeafWishes { DnsNames = ["one.example"], Rsa = true })],
        });
        using TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel { Parameters = new() { Maximum = TlsVersion.Tls12, CipherSuites = [suite] } }), "one.example");
        pair.Run();
        Assert.Equal(suite, pair.Client.CipherSuite);
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void SecondConnection_ResumesAndKeepsTheIdentity(TlsVersion version)
    {
        TlsServerContext server = Server(Spiffe);
        TlsClientContext client = Client(version);
        Assert.False(IsResumed(server, client));
        Assert.True(IsResumed(server, client));
        Assert.True(IsResumed(server, client));
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void PolicyChange_MakesAFullHandshakeThatRefuses(TlsVersion version)
    {
        TlsClientContext client = Client(version);
        Assert.False(IsResumed(Server(Spiffe), client));
        // The certificates are the same, so the ticket keys are too: only the policy differs.
        TlsServerContext stricter = Server(Spiffe with { AllowedNames = [new SanMatcher(SanType.Uri, SanMatchMode.Suffix, "/sa/other")] });
        using TlsPair pair = new(stricter, client);
        pair.Run();
        Assert.Equal(TlsFailure.IdentityNotAllowed, pair.Server.Failure);
    }

    [Fact]
    public void BundleChange_MakesAFullHandshakeThatRefuses()
    {
        TlsClientContext client = Client(TlsVersion.Tls13);
        Assert.False(IsResumed(Server(Spiffe), client));
        using TlsPair pair = new(Server(new TlsPeerPolicy { Trust = new TestAuthority("new root").Trust, RequireSpiffe = true }), client);
        pair.Run();
        Assert.Equal(TlsFailure.CertificateUntrusted, pair.Server.Failure);
    }

    [Fact]
    public void NewCertificateOfTheServer_MakesAFullHandshake()
    {
        TlsClientContext client = Client(TlsVersion.Tls13);
        Assert.False(IsResumed(Server(Spiffe), client));
        TlsServerContext rotated = s_factory.CreateServer(new TlsServerModel { Certificates = [s_authority.Workload()], Peer = Spiffe, ClientCertificate = ClientCertificateMode.Required });
        Assert.False(IsResumed(rotated, client));
        Assert.True(IsResumed(rotated, client));
    }

    [Fact]
    public async Task CertificateThatExpiredSinceItsTicket_IsRefused()
    {
        TlsServerContext server = Server(Spiffe);
        TlsCertificate shortLived = s_authority.Issue(new LeafWishes { Uris = ["spiffe://cluster.local/ns/default/sa/brief"], NotAfter = TimeSpan.FromSeconds(3) });
        TlsClientContext client = s_factory.CreateClient(new TlsClientModel { Certificate = shortLived, Peer = Spiffe });
        Assert.False(IsResumed(server, client));
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(250));
        TlsFailure failure = TlsFailure.None;
        while (failure == TlsFailure.None && await timer.WaitForNextTickAsync(deadline.Token))
        {
            using TlsPair pair = new(server, client);
            pair.Run();
            failure = pair.Server.Failure;
        }

        Assert.Equal(TlsFailure.CertificateExpired, failure);
    }

    [Fact]
    public void TicketsTurnedOff_NeverResume()
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [s_authority.Workload()], SessionTickets = false });
        TlsClientContext client = s_factory.CreateClient(new TlsClientModel());
        Assert.False(IsResumed(server, client));
        Assert.False(IsResumed(server, client));
    }

    [Fact]
    public void ClientWhoseTrustChanged_DoesNotResume()
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [s_authority.Workload()] });
        TlsClientContext before = s_factory.CreateClient(new TlsClientModel { Peer = Spiffe });
        Assert.False(IsResumed(server, before));
        TlsClientContext after = s_factory.CreateClient(new TlsClientModel { Peer = new TlsPeerPolicy { Trust = new TestAuthority("other").Trust, RequireSpiffe = true } });
        using TlsPair pair = new(server, after);
        pair.Run();
        Assert.Equal(TlsFailure.CertificateUntrusted, pair.Client.Failure);
    }

    [Fact]
    public void EqualMaterial_IsSharedBetweenContexts()
    {
        TlsCertificate certificate = s_authority.Workload();
        TlsClientContext[] contexts = [.. Enumerable.Range(0, 1000).Select(i => s_factory.CreateClient(new TlsClientModel
        {
            Certificate = new TlsCertificate(certificate.Chain.ToArray(), certificate.PrivateKey.ToArray()),
            Peer = Spiffe with { AllowedNames = [new SanMatcher(SanType.Uri, SanMatchMode.Exact, $"spiffe://cluster.local/ns/default/sa/s{i}")] },
            ServerName = $"outbound_.80_._.s{i}.default.svc.cluster.local",
        }))];
        Assert.Single(contexts.Select(context => context.Core).Distinct());
    }

    [Fact]
    public void DerMaterial_IsRead()
    {
        TlsCertificate pem = s_authority.Workload();
        byte[] leaf = Decode(pem.Chain), key = Decode(pem.PrivateKey);
        using TlsPair pair = new(s_factory.CreateServer(new TlsServerModel { Certificates = [new TlsCertificate(leaf, key)] }), s_factory.CreateClient(new TlsClientModel { Peer = Spiffe }));
        pair.Run();
        Assert.True(pair.Client.IsOpen);
    }

    [Fact]
    public void EncryptedKey_NeedsItsPassword()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TlsCertificate plain = s_authority.Workload();
        key.ImportFromPem(Encoding.ASCII.GetString(plain.PrivateKey.Span));
        byte[] encrypted = Encoding.ASCII.GetBytes(key.ExportEncryptedPkcs8PrivateKeyPem("open sesame", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        s_factory.CreateServer(new TlsServerModel { Certificates = [new TlsCertificate(plain.Chain, encrypted, "open sesame")] });
        AssertRefused(new TlsCertificate(plain.Chain, encrypted), "without a password");
        AssertRefused(new TlsCertificate(plain.Chain, encrypted, "wrong"), "with its password");
    }

    [Fact]
    public void BadMaterial_IsNamed()
    {
        TlsCertificate good = s_authority.Workload(), other = s_authority.Workload();
        AssertRefused(new TlsCertificate(default, good.PrivateKey), "certificate chain is empty");
        AssertRefused(new TlsCertificate(good.Chain, default), "private key is empty");
        AssertRefused(new TlsCertificate("garbage"u8.ToArray(), good.PrivateKey), "neither PEM nor DER");
        AssertRefused(new TlsCertificate(good.PrivateKey, good.PrivateKey), "no certificate");
        AssertRefused(new TlsCertificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"u8.ToArray(), good.PrivateKey), "PEM block number 1");
        AssertRefused(new TlsCertificate(good.Chain, "garbage"u8.ToArray()), "private key cannot be read");
        AssertRefused(new TlsCertificate(good.Chain, other.PrivateKey), "does not belong");
        AssertRefused(s_authority.Issue(new LeafWishes { Uris = ["spiffe://cluster.local/x"], Rsa = true, RsaBits = 1024 }), "1024 bits");
        Assert.Contains("needs a certificate", Assert.Throws<TlsConfigurationException>(() => s_factory.CreateServer(new TlsServerModel { Certificates = [] })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RC4-SHA")]
    [InlineData("NULL-SHA256")]
    [InlineData("ALL")]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0")]
    [InlineData("NO-SUCH-SUITE")]
    [InlineData("DES-CBC3-SHA")]
    public void CipherSuiteThatCannotBeUsed_IsNamed(string suite) => AssertParametersRefused(new TlsParameters { CipherSuites = ["ECDHE-ECDSA-AES128-GCM-SHA256", suite] }, suite);

    [Fact]
    public void OtherParametersThatCannotBeUsed_AreNamed()
    {
        AssertParametersRefused(new TlsParameters { Groups = ["X25519", "P-1"] }, "P-1");
        AssertParametersRefused(new TlsParameters { Minimum = TlsVersion.Tls13, Maximum = TlsVersion.Tls12 }, "minimum");
        AssertParametersRefused(new TlsParameters { Minimum = (TlsVersion)9 }, "not supported");
    }

    [Fact]
    public void RequiredClientCertificateWithoutTrust_IsRefused() => Assert.Contains(
        "no trust bundle",
        Assert.Throws<TlsConfigurationException>(() => s_factory.CreateServer(new TlsServerModel { Certificates = [s_authority.Workload()], ClientCertificate = ClientCertificateMode.Required })).Message,
        StringComparison.Ordinal);

    private static byte[] Decode(ReadOnlyMemory<byte> pem)
    {
        string text = Encoding.ASCII.GetString(pem.Span);
        return Convert.FromBase64String(text[PemEncoding.Find(text).Base64Data]);
    }

    private static TlsServerContext Server(TlsPeerPolicy policy) => s_factory.CreateServer(new TlsServerModel
    {
        Certificates = [s_serverCertificate],
        Peer = policy,
        ClientCertificate = ClientCertificateMode.Required,
    });

    private static readonly TlsCertificate s_serverCertificate = s_authority.Workload();

    private static TlsClientContext Client(TlsVersion version) => s_factory.CreateClient(new TlsClientModel
    {
        Certificate = s_authority.Workload("spiffe://cluster.local/ns/default/sa/ratings"),
        Peer = Spiffe,
        Parameters = new TlsParameters { Maximum = version },
        ServerName = "reviews",
    });

    private static bool IsResumed(TlsServerContext server, TlsClientContext client)
    {
        using TlsPair pair = new(server, client);
        pair.Run();
        Assert.True(pair.Server.IsOpen && pair.Client.IsOpen, pair.Server.FailureText + pair.Client.FailureText);
        Assert.Equal(pair.Server.IsResumed, pair.Client.IsResumed);
        Assert.Equal("spiffe://cluster.local/ns/default/sa/reviews", pair.Client.Peer!.Names.Uris.Single());
        if (server.ClientCertificate == ClientCertificateMode.Required)
            Assert.NotNull(pair.Server.Peer!.SpiffeId);
        return pair.Server.IsResumed;
    }

    private static void AssertRefused(TlsCertificate certificate, string part)
    {
        string message = Assert.Throws<TlsConfigurationException>(() => s_factory.CreateServer(new TlsServerModel { Certificates = [certificate] })).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
    }

    private static void AssertParametersRefused(TlsParameters parameters, string part)
    {
        string message = Assert.Throws<TlsConfigurationException>(() => s_factory.CreateClient(new TlsClientModel { Parameters = parameters })).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
    }
}
