using System.Text;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

public sealed class ChainVerifierTests
{
    private readonly TestAuthority root = new();

    [Fact]
    public void LeafOfTheRoot_Verifies() => Assert.Equal("", Verify(root.Workload(), root));

    [Fact]
    public void LeafOfAnIntermediate_VerifiesWithItAndNotWithoutIt()
    {
        TestAuthority intermediate = new("test intermediate", root);

        Assert.Equal("", Verify(intermediate.Issue(new LeafWishes(), intermediate), root));
        Assert.Contains("unable to get local issuer certificate", Verify(intermediate.Issue(new LeafWishes()), root), StringComparison.Ordinal);
    }

    [Fact]
    public void IntermediateAsTheOnlyRoot_IsNoRoot()
    {
        TestAuthority intermediate = new("test intermediate", root);

        Assert.NotEqual("", Verify(intermediate.Issue(new LeafWishes()), intermediate));
    }

    [Fact]
    public void ForeignRootOfTheSameName_IsRefused() => Assert.NotEqual("", Verify(root.Workload(), new TestAuthority()));

    [Fact]
    public void AuthorityThatMayNotBeOne_IsRefused()
    {
        TestAuthority narrow = new("narrow root", pathLength: 0), below = new("below", narrow);

        Assert.Contains("path length", Verify(below.Issue(new LeafWishes(), below), narrow), StringComparison.Ordinal);
    }

    [Fact]
    public void AnyPartOutsideOfItsTime_IsRefused()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        TlsCertificate leaf = root.Issue(new LeafWishes { NotBefore = TimeSpan.FromDays(-20), NotAfter = TimeSpan.FromDays(40) });

        Assert.Equal("", Verify(leaf, root, now.AddDays(20)));
        Assert.Contains("expired", Verify(leaf, root, now.AddDays(35)), StringComparison.Ordinal);
        Assert.Contains("not yet valid", Verify(leaf, root, now.AddDays(-15)), StringComparison.Ordinal);
        Assert.Contains("expired", Verify(root.Workload(), root, now.AddHours(2)), StringComparison.Ordinal);
    }

    [Fact]
    public void AuthorityOfTheMachine_IsNotAsked()
    {
        // The machine's own authorities verify each other's certificates and nobody else's here.
        const string machine = "/etc/ssl/certs/ca-certificates.crt";
        Assert.SkipUnless(File.Exists(machine), $"{machine} is not there.");
        string first = File.ReadAllText(machine).Split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n";

        Assert.NotEqual("", ChainVerifier.Verify(Encoding.ASCII.GetBytes(first), root.Pem, TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public void BytesThatAreNoCertificates_AreNamed() =>
        Assert.Throws<TlsConfigurationException>(() => ChainVerifier.Verify("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"u8, root.Pem, TimeProvider.System.GetUtcNow()));

    private static string Verify(TlsCertificate leaf, TestAuthority trusted, DateTimeOffset? when = null) =>
        ChainVerifier.Verify(leaf.Chain.Span, trusted.Pem, when ?? TimeProvider.System.GetUtcNow());
}
