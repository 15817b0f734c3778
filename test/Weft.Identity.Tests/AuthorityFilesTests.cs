using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;

namespace Weft.Identity.Tests;

public sealed class AuthorityFilesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"weft-authority-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public void EmptyDirectory_GetsAnAuthority_ThatIsTheSameNextTime()
    {
        using var first = AuthorityFiles.LoadOrCreate(_directory, "cluster.local", _time);
        using var second = AuthorityFiles.LoadOrCreate(_directory, "cluster.local", _time);

        Assert.Equal(first.Bundle.ToPem(), second.Bundle.ToPem());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(Path.Combine(_directory, "ca-key.pem")).UnixFileMode);
        using var leaf = IssueFrom(second);
        Assert.True(first.Bundle.Verifies(leaf, [], _time.GetUtcNow()));
    }

    [Fact]
    public void IntermediateAuthority_IssuesAChainThatLeadsToTheRoot()
    {
        var (root, intermediate, key) = Intermediate();
        Write(intermediate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), intermediate.ExportCertificatePem(), root.ExportCertificatePem());

        using var authority = AuthorityFiles.Load(_directory, _time);
        var issued = Issue(authority);

        Assert.Equal(3, issued.ChainPem.Count);
        using var leaf = X509Certificate2.CreateFromPem(issued.ChainPem[0]);
        using var middle = X509Certificate2.CreateFromPem(issued.ChainPem[1]);
        Assert.True(authority.Bundle.Verifies(leaf, [middle], _time.GetUtcNow()));
        Assert.False(authority.Bundle.Verifies(leaf, [], _time.GetUtcNow()));
    }

    [Fact]
    public void KeyOfAnotherCertificate_IsRefusedByName()
    {
        var (root, intermediate, _) = Intermediate();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write(intermediate.ExportCertificatePem(), other.ExportPkcs8PrivateKeyPem(), intermediate.ExportCertificatePem(), root.ExportCertificatePem());

        Assert.Contains("ca-key.pem", Refusal());
    }

    [Fact]
    public void ForeignRoot_IsRefusedByName()
    {
        var (_, intermediate, key) = Intermediate();
        var (foreign, _, _) = Intermediate();
        Write(intermediate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), intermediate.ExportCertificatePem(), foreign.ExportCertificatePem());

        Assert.Contains("root-cert.pem", Refusal());
    }

    [Fact]
    public void LeafAsAuthority_IsRefused()
    {
        using var made = AuthorityFiles.LoadOrCreate(_directory, "cluster.local", _time);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = made.IssueFor(key, SpiffeId.Parse("spiffe://td/a")).ChainPem[0];
        Write(leaf, key.ExportPkcs8PrivateKeyPem(), leaf, made.Bundle.ToPem());

        Assert.Contains("CA:true", Refusal());
    }

    [Fact]
    public void AuthorityPastItsEnd_IsRefused()
    {
        AuthorityFiles.LoadOrCreate(_directory, "cluster.local", _time).Dispose();
        _time.Advance(TimeSpan.FromDays(4_000));

        Assert.Contains("ended", Refusal());
    }

    [Theory]
    [InlineData("ca-cert.pem")]
    [InlineData("ca-key.pem")]
    [InlineData("root-cert.pem")]
    public void GarbageInAFile_IsRefusedByName(string name)
    {
        AuthorityFiles.LoadOrCreate(_directory, "cluster.local", _time).Dispose();
        File.WriteAllText(Path.Combine(_directory, name), "garbage");

        Assert.Contains(name, Refusal());
    }

    [Fact]
    public void MissingFile_IsNamed()
    {
        AuthorityFiles.LoadOrCreate(_directory, "cluster.local", _time).Dispose();
        File.Delete(Path.Combine(_directory, "root-cert.pem"));

        Assert.Contains("root-cert.pem", Refusal());
    }

    [Fact]
    public void HugeFile_IsRefusedUnread()
    {
        AuthorityFiles.LoadOrCreate(_directory, "cluster.local", _time).Dispose();
        File.WriteAllBytes(Path.Combine(_directory, "root-cert.pem"), new byte[2 << 20]);

        Assert.Contains("bytes", Refusal());
    }

    [Fact]
    public void DirectoryThatCannotBeWritten_IsASentence()
    {
        Directory.CreateDirectory(_directory);
        var file = Path.Combine(_directory, "file");
        File.WriteAllText(file, "");

        var error = Assert.Throws<IdentityException>(() => AuthorityFiles.LoadOrCreate(file, "td", _time));

        Assert.Contains(file, error.Message);
    }

    private static X509Certificate2 IssueFrom(CertificateAuthority authority) => X509Certificate2.CreateFromPem(Issue(authority).ChainPem[0]);

    private static IssuedCertificate Issue(CertificateAuthority authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return authority.Issue(new CertificateRequest("", key, HashAlgorithmName.SHA256).CreateSigningRequestPem(), SpiffeId.Parse("spiffe://td/ns/a/sa/b"));
    }

    private (X509Certificate2 Root, X509Certificate2 Intermediate, ECDsa Key) Intermediate()
    {
        var now = _time.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        rootRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(rootRequest.PublicKey, false));
        using var root = rootRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(100));
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=intermediate", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var intermediate = request.Create(root, now.AddDays(-1), now.AddDays(90), RandomNumberGenerator.GetBytes(8));
        return (X509CertificateLoader.LoadCertificate(root.RawData), intermediate, key);
    }

    private void Write(string certificate, string key, string chain, string root)
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(Path.Combine(_directory, "ca-cert.pem"), certificate);
        File.WriteAllText(Path.Combine(_directory, "ca-key.pem"), key);
        File.WriteAllText(Path.Combine(_directory, "cert-chain.pem"), chain);
        File.WriteAllText(Path.Combine(_directory, "root-cert.pem"), root);
    }

    private string Refusal() => Assert.Throws<IdentityException>(() => AuthorityFiles.Load(_directory, _time)).Message;
}
