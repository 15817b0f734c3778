using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;

namespace Weft.Identity.Tests;

public sealed class CertificateAuthorityTests : IDisposable
{
    private static readonly SpiffeId Reviews = SpiffeId.ForWorkload("cluster.local", "default", "reviews");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly CertificateAuthority _authority;

    public CertificateAuthorityTests() => _authority = CertificateAuthority.CreateSelfSigned("cluster.local", _time);

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Leaf_NamesTheIdentityAlone_AndLeadsToTheRoot()
    {
        var issued = _authority.Issue(Request(), Reviews);

        Assert.Null(issued.Error);
        using var leaf = X509Certificate2.CreateFromPem(issued.ChainPem[0]);
        Assert.Equal([$"URI:{Reviews}"], NamesOf(leaf));
        Assert.True(_authority.Bundle.Verifies(leaf, [], _time.GetUtcNow()));
        Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal("", leaf.Subject);
        Assert.True(leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().Critical);
        Assert.Equal(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"], leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(u => u.Value));
    }

    [Fact]
    public void Chain_EndsWithTheRoot()
    {
        var issued = _authority.Issue(Request(), Reviews);

        using var root = X509Certificate2.CreateFromPem(issued.ChainPem[^1]);
        Assert.Equal(_authority.Bundle.Roots[0].Thumbprint, root.Thumbprint);
    }

    [Fact]
    public void LeafOfAnotherAuthority_DoesNotVerify()
    {
        using var other = CertificateAuthority.CreateSelfSigned("cluster.local", _time);
        using var leaf = X509Certificate2.CreateFromPem(other.Issue(Request(), Reviews).ChainPem[0]);

        Assert.False(_authority.Bundle.Verifies(leaf, [], _time.GetUtcNow()));
        Assert.True(_authority.Bundle.With(other.Bundle).Verifies(leaf, [], _time.GetUtcNow()));
    }

    [Fact]
    public void LeafPastItsEnd_DoesNotVerify()
    {
        using var leaf = X509Certificate2.CreateFromPem(_authority.Issue(Request(), Reviews).ChainPem[0]);

        Assert.False(_authority.Bundle.Verifies(leaf, [], _time.GetUtcNow().AddHours(25)));
    }

    [Theory]
    [InlineData(null, 24)]
    [InlineData(0, 24)]
    [InlineData(-5, 24)]
    [InlineData(1, 1)]
    [InlineData(100_000, 90 * 24)]
    public void Life_IsTheDefaultWithoutAWish_AndNeverMoreThanTheMaximum(int? wished, int hours)
    {
        var issued = _authority.Issue(Request(), Reviews, wished is { } h ? TimeSpan.FromHours(h) : null);

        Assert.Equal(_time.GetUtcNow().AddHours(hours), issued.NotAfter);
    }

    [Fact]
    public void Leaf_NeverOutlivesItsAuthority()
    {
        using var shortLived = CertificateAuthority.CreateSelfSigned("td", _time, new AuthorityOptions { RootLife = TimeSpan.FromHours(2) });

        Assert.Equal(shortLived.NotAfter, shortLived.Issue(Request(), Reviews).NotAfter);
        _time.Advance(TimeSpan.FromHours(3));
        Assert.Contains("ended", shortLived.Issue(Request(), Reviews).Error);
    }

    [Fact]
    public void OwnName_MayBeAskedFor() =>
        Assert.Null(_authority.Issue(Request(r => r.CertificateExtensions.Add(Uris(Reviews.ToString()))), Reviews).Error);

    [Fact]
    public void ForeignIdentity_IsRefused()
    {
        const string Admin = "spiffe://cluster.local/ns/istio-system/sa/admin";

        var issued = _authority.Issue(Request(r => r.CertificateExtensions.Add(Uris(Admin))), Reviews);

        Assert.Contains(Admin, issued.Error);
        Assert.Empty(issued.ChainPem);
    }

    [Fact]
    public void OwnNameWithAForeignOneBesideIt_IsRefused() =>
        Assert.NotNull(_authority.Issue(Request(r => r.CertificateExtensions.Add(Uris(Reviews.ToString(), "spiffe://cluster.local/ns/a/sa/b"))), Reviews).Error);

    [Fact]
    public void DnsName_IsRefused()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("bank.example");

        Assert.Contains("kind", _authority.Issue(Request(r => r.CertificateExtensions.Add(names.Build())), Reviews).Error);
    }

    [Fact]
    public void RequestToBeAnAuthority_IsRefused()
    {
        var issued = _authority.Issue(Request(r => r.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true))), Reviews);

        Assert.Contains("CA:true", issued.Error);
    }

    [Fact]
    public void UnknownExtension_IsRefusedByItsNumber()
    {
        var issued = _authority.Issue(Request(r => r.CertificateExtensions.Add(new X509Extension("1.2.3.4", [5, 0], false))), Reviews);

        Assert.Contains("1.2.3.4", issued.Error);
    }

    [Fact]
    public void SubjectOfARequest_IsNotTakenOver()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=admin,O=system:masters", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

        using var leaf = X509Certificate2.CreateFromPem(_authority.Issue(request, Reviews).ChainPem[0]);

        Assert.Equal("", leaf.Subject);
    }

    [Theory]
    [InlineData(1_024)]
    [InlineData(8_192)]
    public void RsaKeysOutOfRange_AreRefused(int bits)
    {
        using var rsa = RSA.Create(bits);
        var request = new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();

        Assert.Contains($"{bits}", _authority.Issue(request, Reviews).Error);
    }

    [Fact]
    public void RsaKeyInRange_IsCertified()
    {
        using var rsa = RSA.Create(2_048);
        var request = new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();

        using var leaf = X509Certificate2.CreateFromPem(_authority.Issue(request, Reviews).ChainPem[0]);

        Assert.True(leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.HasFlag(X509KeyUsageFlags.KeyEncipherment));
    }

    [Fact]
    public void KeyOnAnUnusualCurve_IsRefused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

        Assert.Contains("curve", _authority.Issue(request, Reviews).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")]
    public void Garbage_IsRefused(string pem) => Assert.Contains("cannot be read", _authority.Issue(pem, Reviews).Error);

    [Fact]
    public void RequestThatIsTooLong_IsRefusedUnread() =>
        Assert.Contains("allowed", _authority.Issue(new string('A', 20_000), Reviews).Error);

    [Fact]
    public void RequestSignedByAnotherKey_IsRefused()
    {
        var der = new PemReader(Request()).Bytes;
        der[^5] ^= 0xFF;

        Assert.NotNull(_authority.Issue(PemEncoding.WriteString("CERTIFICATE REQUEST", der), Reviews).Error);
    }

    [Fact]
    public void TwoLeaves_HaveDifferentSerials()
    {
        using var first = X509Certificate2.CreateFromPem(_authority.Issue(Request(), Reviews).ChainPem[0]);
        using var second = X509Certificate2.CreateFromPem(_authority.Issue(Request(), Reviews).ChainPem[0]);

        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
    }

    [Fact]
    public void CertificateForAServer_HasItsDnsNamesToo()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        using var leaf = X509Certificate2.CreateFromPem(_authority.IssueFor(key, Reviews, null, "weft-control.local").ChainPem[0]);

        Assert.Equal([$"URI:{Reviews}", "DNS:weft-control.local"], NamesOf(leaf));
    }

    private static string Request(Action<CertificateRequest>? change = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("", key, HashAlgorithmName.SHA256);
        change?.Invoke(request);
        return request.CreateSigningRequestPem();
    }

    private static X509Extension Uris(params string[] uris)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var uri in uris)
        {
            names.AddUri(new Uri(uri));
        }

        return names.Build();
    }

    private static List<string> NamesOf(X509Certificate2 certificate)
    {
        var names = new List<string>();
        var reader = new System.Formats.Asn1.AsnReader(
            certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().RawData, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        while (reader.HasData)
        {
            var tag = reader.PeekTag();
            var text = reader.ReadCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, tag);
            names.Add($"{(tag.TagValue == 6 ? "URI" : "DNS")}:{text}");
        }

        return names;
    }

    private readonly ref struct PemReader(string pem)
    {
        public byte[] Bytes { get; } = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }
}
