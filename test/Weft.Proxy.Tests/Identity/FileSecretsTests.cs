using System.Text;
using Weft.Proxy.Identity;
using Weft.Proxy.Tests.Tls;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Identity;

/// <summary>Secrets that are files: read when named, read again when they change, and never half of them.</summary>
public sealed class FileSecretsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-files-").FullName;
    private readonly SecretStore _store = new();
    private readonly List<string> _said = [];
    private readonly FileSecrets _files;
    private readonly TestAuthority _authority = new();

    public FileSecretsTests() => _files = new FileSecrets(_store, _said.Add, TimeProvider.System);

    private string Pair => $"file-cert:{_folder}/chain~{_folder}/key";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pair_IsReadWhenNamedAndForgottenWhenNot()
    {
        TlsCertificate certificate = Write(_authority.Workload());
        _files.Use(new HashSet<string> { Pair });
        Assert.Equal(certificate.Chain.ToArray(), _store.Current[Pair].Certificate!.ChainPem.ToArray());
        _files.Use(new HashSet<string>());
        Assert.Empty(_store.Current);
        Assert.Empty(_said);
    }

    [Fact]
    public void HalfOfARenewal_LeavesTheOldPairInForceUntilTheOtherHalfIsThere()
    {
        TlsCertificate old = Write(_authority.Workload()), renewed = _authority.Workload();
        _files.Use(new HashSet<string> { Pair });
        File.WriteAllBytes(Path.Combine(_folder, "chain"), [.. renewed.Chain.Span, (byte)'\n']);
        _files.Look(onlyNew: false);
        Assert.Equal(old.Chain.ToArray(), _store.Current[Pair].Certificate!.ChainPem.ToArray());
        Assert.Contains("what it held before stays in force", Assert.Single(_said), StringComparison.Ordinal);

        // The same mistake is not told twice.
        _files.Look(onlyNew: false);
        Assert.Single(_said);

        File.WriteAllBytes(Path.Combine(_folder, "key"), [.. renewed.PrivateKey.Span, (byte)'\n']);
        _files.Look(onlyNew: false);
        Assert.StartsWith(Encoding.ASCII.GetString(renewed.Chain.Span), Encoding.ASCII.GetString(_store.Current[Pair].Certificate!.ChainPem.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void FileThatIsNotThere_IsToldAndTakenWhenItComes()
    {
        string name = $"file-root:{_folder}/roots";
        _files.Use(new HashSet<string> { name });
        Assert.Empty(_store.Current);
        Assert.Contains("TLS that needs it is refused", Assert.Single(_said), StringComparison.Ordinal);
        File.WriteAllBytes(Path.Combine(_folder, "roots"), _authority.Pem.ToArray());
        _files.Look(onlyNew: false);
        Assert.Equal(_authority.Pem.ToArray(), _store.Current[name].Validation!.TrustedCaPem.ToArray());
    }

    [Fact]
    public void LinkThatTurnsElsewhere_IsAChange()
    {
        // As Kubernetes replaces the files of a mounted secret.
        TestAuthority other = new("other root");
        File.WriteAllBytes(Path.Combine(_folder, "one"), _authority.Pem.ToArray());
        File.WriteAllBytes(Path.Combine(_folder, "two"), other.Pem.ToArray());
        string link = Path.Combine(_folder, "roots"), name = $"file-root:{link}";
        File.CreateSymbolicLink(link, Path.Combine(_folder, "one"));
        _files.Use(new HashSet<string> { name });
        File.Delete(link);
        File.CreateSymbolicLink(link, Path.Combine(_folder, "two"));
        _files.Look(onlyNew: false);
        Assert.Equal(other.Pem.ToArray(), _store.Current[name].Validation!.TrustedCaPem.ToArray());
    }

    [Fact]
    public void RevocationList_IsReadAndBadOnesAreNot()
    {
        string path = Path.Combine(_folder, "list"), name = FileSecrets.ListName(path);
        File.WriteAllBytes(path, _authority.RevocationList([1]));
        _files.Use(new HashSet<string> { name });
        Assert.NotEqual(0, _store.Current[name].Validation!.CrlPem.Length);
        File.WriteAllText(path, "nothing of the kind");
        _files.Look(onlyNew: false);
        Assert.NotEqual(0, _store.Current[name].Validation!.CrlPem.Length);
        Assert.Single(_said);
    }

    [Fact]
    public void SystemRoots_AreTheMachines()
    {
        if (!File.Exists("/etc/ssl/certs/ca-certificates.crt")) Assert.Skip("This machine has no authorities of its own (package ca-certificates).");
        _files.Use(new HashSet<string> { "file-root:system" });
        Assert.Equal(File.ReadAllBytes("/etc/ssl/certs/ca-certificates.crt"), _store.Current["file-root:system"].Validation!.TrustedCaPem.ToArray());
    }

    private TlsCertificate Write(TlsCertificate certificate)
    {
        File.WriteAllBytes(Path.Combine(_folder, "chain"), certificate.Chain.ToArray());
        File.WriteAllBytes(Path.Combine(_folder, "key"), certificate.PrivateKey.ToArray());
        return certificate;
    }
}
