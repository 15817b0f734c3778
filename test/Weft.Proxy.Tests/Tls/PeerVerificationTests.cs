using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>Certificates that must not pass, each wrong in one way, shown by a client to a server that requires SPIFFE peers, and by servers to clients (catalogue case 42).</summary>
public sealed class PeerVerificationTests
{
    private const string Reviews = "spiffe://cluster.local/ns/default/sa/reviews";
    private const string Ratings = "spiffe://cluster.local/ns/default/sa/ratings";
    private static readonly TlsContextFactory s_factory = new();
    private static readonly TestAuthority s_authority = new();
    private static readonly TestAuthority s_foreign = new("foreign root");
    private static readonly TlsCertificate s_serverCertificate = s_authority.Workload(Reviews);

    private static TlsPeerPolicy Spiffe => new() { Trust = s_authority.Trust, RequireSpiffe = true };

    [Fact]
    public void GoodCertificate_Passes() => AssertAccepted(s_authority.Workload(Ratings));

    [Fact]
    public void RsaCertificate_Passes() => AssertAccepted(s_authority.Issue(new LeafWishes { Uris = [Ratings], Rsa = true }));

    [Fact]
    public void NoExtendedKeyUsage_Passes() => AssertAccepted(s_authority.Issue(new LeafWishes { Uris = [Ratings], Usages = [] }));

    [Fact]
    public void ChainWithIntermediate_Passes()
    {
        TestAuthority intermediate = new("intermediate", s_authority);
        AssertAccepted(intermediate.Issue(new LeafWishes { Uris = [Ratings] }, intermediate));
    }

    [Fact]
    public void IntermediateNotSent_IsUntrusted()
    {
        TestAuthority intermediate = new("intermediate", s_authority);
        AssertRefused(intermediate.Issue(new LeafWishes { Uris = [Ratings] }), TlsFailure.CertificateUntrusted);
    }

    [Fact]
    public void NoCertificate_IsMissing() => AssertRefused(null, TlsFailure.CertificateMissing);

    [Fact]
    public void Expired_IsRefused() =>
        AssertRefused(s_authority.Issue(new LeafWishes { Uris = [Ratings], NotBefore = TimeSpan.FromHours(-2), NotAfter = TimeSpan.FromHours(-1) }), TlsFailure.CertificateExpired);

    [Fact]
    public void NotYetValid_IsRefused() =>
        AssertRefused(s_authority.Issue(new LeafWishes { Uris = [Ratings], NotBefore = TimeSpan.FromHours(1), NotAfter = TimeSpan.FromHours(2) }), TlsFailure.CertificateNotYetValid);

    [Fact]
    public void Expired_PassesWhenThePolicyAllowsIt() => AssertAccepted(
        s_authority.Issue(new LeafWishes { Uris = [Ratings], NotBefore = TimeSpan.FromHours(-2), NotAfter = TimeSpan.FromHours(-1) }),
        Spiffe with { AllowExpired = true });

    [Fact]
    public void ForeignAuthority_IsUntrusted() => AssertRefused(s_foreign.Workload(Ratings), TlsFailure.CertificateUntrusted);

    [Fact]
    public void SelfSigned_IsUntrusted() => AssertRefused(s_authority.Issue(new LeafWishes { Uris = [Ratings], SelfSigned = true }), TlsFailure.CertificateUntrusted);

    [Fact]
    public void ForeignTrustDomain_IsRefusedWhenBundlesAreByDomain() => AssertRefused(
        s_authority.Workload("spiffe://evil.example/ns/default/sa/ratings"),
        TlsFailure.IdentityForeignTrustDomain,
        Spiffe with { Trust = new TlsTrust { AuthoritiesByTrustDomain = new Dictionary<string, ReadOnlyMemory<byte>> { ["cluster.local"] = s_authority.Pem } } });

    [Fact]
    public void TrustDomainOfAnotherBundle_DoesNotVouch() => AssertRefused(
        s_foreign.Workload(Ratings),
        TlsFailure.CertificateUntrusted,
        Spiffe with
        {
            Trust = new TlsTrust
            {
                AuthoritiesByTrustDomain = new Dictionary<string, ReadOnlyMemory<byte>> { ["cluster.local"] = s_authority.Pem, ["partner.example"] = s_foreign.Pem },
            },
        });

    [Fact]
    public void TwoUriNames_AreRefused() => AssertRefused(s_authority.Issue(new LeafWishes { Uris = [Ratings, Reviews] }), TlsFailure.IdentityMalformed);

    [Fact]
    public void DnsNameInsteadOfUri_IsRefused() => AssertRefused(s_authority.Issue(new LeafWishes { DnsNames = ["ratings"] }), TlsFailure.IdentityMalformed);

    [Fact]
    public void NoNames_IsRefused() => AssertRefused(s_authority.Issue(new LeafWishes()), TlsFailure.IdentityMalformed);

    [Theory]
    [InlineData("https://cluster.local/ns/default/sa/ratings")]
    [InlineData("spiffe://")]
    [InlineData("spiffe:///ns/default/sa/ratings")]
    [InlineData("spiffe://cluster.local/ns//sa/ratings")]
    [InlineData("spiffe://cluster.local/ns/../sa/ratings")]
    [InlineData("spiffe://cluster.local/ns/default/sa/ratings/")]
    [InlineData("spiffe://cluster.local:80/ns/default/sa/ratings")]
    [InlineData("spiffe://user@cluster.local/ns/default/sa/ratings")]
    [InlineData("spiffe://cluster.local/ns/*/sa/ratings")]
    [InlineData("spiffe://cluster.local/ns/default/sa/ratings?x=y")]
    [InlineData("spiffe://cluster.local/ns/default/sa/ratings#x")]
    [InlineData("spiffe://*.local/ns/default/sa/ratings")]
    [InlineData("SPIFFE://cluster.local/ns/default/sa/ratings")]
    public void UriThatIsNoSpiffeId_IsRefused(string uri) => AssertRefused(WithRawUri(uri), TlsFailure.IdentityMalformed);

    [Theory]
    [InlineData("spiffe://cluster.local/ns/default/sa/ratings\0.evil.example")]
    [InlineData("spiffe://cluster.local/ns/default/sa/ratings\n")]
    [InlineData("spiffe://cluster.local/ns/default/sa/rat ings")]
    [InlineData("")]
    public void UriWithControlCharacters_IsMalformed(string uri) => AssertRefused(WithRawUri(uri), TlsFailure.IdentityMalformed);

    [Fact]
    public void NamesThatDoNotDecode_AreMalformed() =>
        AssertRefused(s_authority.Issue(new LeafWishes { RawNames = [0x30, 0x10, 0x86, 0x7F] }), TlsFailure.IdentityMalformed);

    [Fact]
    public void ServerOnlyUsage_IsNotForClients() =>
        AssertRefused(s_authority.Issue(new LeafWishes { Uris = [Ratings], Usages = [LeafWishes.ServerUsage] }), TlsFailure.CertificatePurpose);

    [Fact]
    public void AuthorityAsLeaf_IsRefused() =>
        AssertRefused(s_authority.Issue(new LeafWishes { Uris = [Ratings], IsAuthority = true }), TlsFailure.CertificatePurpose);

    [Fact]
    public void TrustedRootAsLeaf_IsRefused() => AssertRefused(s_authority.AsLeaf(), TlsFailure.IdentityMalformed);

    [Fact]
    public void LeafAsAuthority_IsUntrusted()
    {
        // A workload signs a certificate for another one with its own key.
        TestAuthority sub = new("workload that plays authority", s_authority, pathLength: null);
        TestAuthority forged = new("below", sub);
        TlsCertificate leaf = forged.Issue(new LeafWishes { Uris = [Ratings] }, forged);
        AssertRefused(leaf, TlsFailure.CertificateUntrusted);
    }

    [Fact]
    public void PathLengthExceeded_IsRefused()
    {
        TestAuthority first = new("first", s_authority, pathLength: 0);
        TestAuthority second = new("second", first);
        AssertRefused(second.Issue(new LeafWishes { Uris = [Ratings] }, second, first), TlsFailure.CertificateChainTooLong);
    }

    [Fact]
    public void ChainDeeperThanAllowed_IsRefused()
    {
        TestAuthority first = new("first", s_authority);
        TestAuthority second = new("second", first);
        TlsCertificate leaf = second.Issue(new LeafWishes { Uris = [Ratings] }, second, first);
        AssertAccepted(leaf);
        AssertRefused(leaf, TlsFailure.CertificateChainTooLong, Spiffe with { MaxDepth = 1 });
    }

    [Fact]
    public void Revoked_IsRefused()
    {
        byte[] serial = [1, 2, 3, 4, 5, 6, 7, 8];
        TlsCertificate revoked = s_authority.Issue(new LeafWishes { Uris = [Ratings], Serial = serial });
        TlsPeerPolicy policy = Spiffe with { Trust = s_authority.Trust with { RevocationLists = s_authority.RevocationList(serial) } };
        AssertAccepted(revoked);
        AssertRefused(revoked, TlsFailure.CertificateRevoked, policy);
        AssertAccepted(s_authority.Workload(Ratings), policy);
    }

    [Theory]
    [InlineData(SanMatchMode.Exact, Ratings, true)]
    [InlineData(SanMatchMode.Exact, "spiffe://cluster.local/ns/default/sa/rating", false)]
    [InlineData(SanMatchMode.Prefix, "spiffe://cluster.local/", true)]
    [InlineData(SanMatchMode.Prefix, "spiffe://cluster.locale/", false)]
    [InlineData(SanMatchMode.Suffix, "/sa/ratings", true)]
    [InlineData(SanMatchMode.Suffix, "/sa/reviews", false)]
    [InlineData(SanMatchMode.Contains, "/ns/default/", true)]
    [InlineData(SanMatchMode.Contains, "/ns/prod/", false)]
    public void AllowList_Decides(SanMatchMode mode, string value, bool accepted)
    {
        TlsPeerPolicy policy = Spiffe with { AllowedNames = [new SanMatcher(SanType.Uri, SanMatchMode.Exact, "spiffe://other/x"), new SanMatcher(SanType.Uri, mode, value)] };
        if (accepted)
            AssertAccepted(s_authority.Workload(Ratings), policy);
        else
            AssertRefused(s_authority.Workload(Ratings), TlsFailure.IdentityNotAllowed, policy);
    }

    [Fact]
    public void DnsMatcher_DoesNotLookAtUris() =>
        AssertRefused(s_authority.Workload(Ratings), TlsFailure.IdentityNotAllowed, Spiffe with { AllowedNames = [new SanMatcher(SanType.Dns, SanMatchMode.Exact, Ratings)] });

    [Fact]
    public void OptionalCertificate_NoneIsAcceptedAndABadOneIsNot()
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [s_serverCertificate], Peer = Spiffe, ClientCertificate = ClientCertificateMode.Optional });
        using (TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel())))
        {
            pair.Run();
            Assert.True(pair.Server.IsOpen);
            Assert.Null(pair.Server.Peer);
        }

        using (TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel { Certificate = s_foreign.Workload(Ratings) })))
        {
            pair.Run();
            Assert.False(pair.Server.IsOpen);
            Assert.Equal(TlsFailure.CertificateUntrusted, pair.Server.Failure);
        }
    }

    [Fact]
    public void CertificateWithoutPolicy_GivesNoIdentity()
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [s_serverCertificate], ClientCertificate = ClientCertificateMode.Optional });
        using TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel { Certificate = s_foreign.Workload(Ratings) }));
        pair.Run();
        Assert.True(pair.Server.IsOpen);
        Assert.False(pair.Server.Peer!.IsVerified);
        Assert.Null(pair.Server.Peer.SpiffeId);
    }

    [Theory]
    [InlineData("shop.example", true)]
    [InlineData("SHOP.example", true)]
    [InlineData("www.wild.example", true)]
    [InlineData("a.b.wild.example", false)]
    [InlineData("wild.example", false)]
    [InlineData("other.example", false)]
    [InlineData("192.0.2.1", false)]
    public void OrdinaryServer_MustBeForTheHostName(string host, bool accepted)
    {
        TlsCertificate certificate = s_authority.Issue(new LeafWishes { DnsNames = ["shop.example", "*.wild.example"], Usages = [LeafWishes.ServerUsage] });
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [certificate] });
        using TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel { Peer = new TlsPeerPolicy { Trust = s_authority.Trust, HostName = host } }));
        pair.Run();
        Assert.Equal(accepted, pair.Client.IsOpen);
        Assert.Equal(accepted ? TlsFailure.None : TlsFailure.IdentityNotAllowed, pair.Client.Failure);
    }

    [Fact]
    public void ServerWithClientUsage_IsRefusedByClients()
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [s_authority.Issue(new LeafWishes { Uris = [Reviews], Usages = [LeafWishes.ClientUsage] })] });
        using TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel { Peer = Spiffe }));
        pair.Run();
        Assert.Equal(TlsFailure.CertificatePurpose, pair.Client.Failure);
        Assert.Equal(TlsFailure.PeerAlert, pair.Server.Failure);
    }

    [Fact]
    public void PinnedHash_MustBeTheCertificates()
    {
        TlsCertificate certificate = s_authority.Workload(Ratings);
        using TlsPair probe = Connect(certificate, Spiffe);
        string hash = probe.Server.Peer!.Sha256;
        AssertAccepted(certificate, Spiffe with { CertificateHashes = [hash] });
        AssertRefused(s_authority.Workload(Ratings), TlsFailure.CertificateNotPinned, Spiffe with { CertificateHashes = [hash] });
    }

    [Fact]
    public void PinnedPublicKey_MustBeTheCertificates()
    {
        TlsCertificate certificate = s_authority.Workload(Ratings);
        using X509Certificate2 parsed = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate.Chain.Span));
        string pin = Convert.ToBase64String(SHA256.HashData(parsed.PublicKey.ExportSubjectPublicKeyInfo()));
        AssertAccepted(certificate, Spiffe with { PublicKeyHashes = [pin] });
        AssertAccepted(certificate, Spiffe with { PublicKeyHashes = [pin], CertificateHashes = [new string('0', 64)] });
        AssertRefused(s_authority.Workload(Ratings), TlsFailure.CertificateNotPinned, Spiffe with { PublicKeyHashes = [pin] });
    }

    [Fact]
    public void RevocationOfTheLeafOnly_NeedsNoListOfTheAuthoritiesAbove()
    {
        TestAuthority middle = new("middle", s_authority);
        byte[] serial = [9, 2, 3, 4, 5, 6, 7, 8];
        TlsCertificate good = middle.Issue(new LeafWishes { Uris = [Ratings] }, middle), revoked = middle.Issue(new LeafWishes { Uris = [Ratings], Serial = serial }, middle);
        TlsTrust trust = s_authority.Trust with { RevocationLists = middle.RevocationList(serial) };
        AssertRefused(good, TlsFailure.CertificateRevoked, Spiffe with { Trust = trust });
        TlsPeerPolicy leafOnly = Spiffe with { Trust = trust with { RevocationOfLeafOnly = true } };
        AssertAccepted(good, leafOnly);
        AssertRefused(revoked, TlsFailure.CertificateRevoked, leafOnly);
    }

    private static TlsCertificate WithRawUri(string uri)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
            writer.WriteOctetString(Encoding.Latin1.GetBytes(uri), new Asn1Tag(TagClass.ContextSpecific, 6));
        return s_authority.Issue(new LeafWishes { RawNames = writer.Encode() });
    }

    private static TlsPair Connect(TlsCertificate? shown, TlsPeerPolicy policy)
    {
        TlsServerContext server = s_factory.CreateServer(new TlsServerModel { Certificates = [s_serverCertificate], Peer = policy, ClientCertificate = ClientCertificateMode.Required });
        TlsPair pair = new(server, s_factory.CreateClient(new TlsClientModel { Certificate = shown, Peer = Spiffe }));
        pair.Run();
        return pair;
    }

    private static void AssertAccepted(TlsCertificate shown, TlsPeerPolicy? policy = null)
    {
        using TlsPair pair = Connect(shown, policy ?? Spiffe);
        Assert.Equal("", pair.Server.FailureText);
        Assert.True(pair.Server.IsOpen);
        Assert.Equal(Ratings, pair.Server.Peer!.SpiffeId);
    }

    private static void AssertRefused(TlsCertificate? shown, TlsFailure failure, TlsPeerPolicy? policy = null)
    {
        using TlsPair pair = Connect(shown, policy ?? Spiffe);
        Assert.Equal(failure, pair.Server.Failure);
        Assert.False(pair.Server.IsOpen);
        Assert.Null(pair.Server.Peer);
        Assert.EndsWith(".", pair.Server.FailureText, StringComparison.Ordinal);
        // The client, which may have thought itself done in TLS 1.3, is told.
        Assert.Equal(TlsFailure.PeerAlert, pair.Client.Failure);
    }
}
