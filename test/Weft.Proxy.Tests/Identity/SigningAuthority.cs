using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Proxy.Identity;
using Weft.Proxy.Tests.Tls;

namespace Weft.Proxy.Tests.Identity;

/// <summary>An authority in the same process: it signs real requests with a real root, and can be told to misbehave.</summary>
internal sealed class SigningAuthority(TestAuthority root, TimeProvider time) : ICertificateAuthorityClient
{
    internal const string Reviews = "spiffe://cluster.local/ns/default/sa/reviews";

    internal int Requests { get; private set; }

    internal string Identity { get; set; } = Reviews;

    internal TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>When set, decides the answer instead.</summary>
    internal Func<string, CancellationToken, Task<IReadOnlyList<string>>>? Instead { get; set; }

    public Task<IReadOnlyList<string>> IssueAsync(string signingRequestPem, TimeSpan lifetime, CancellationToken cancel)
    {
        Requests++;
        return Instead is not null ? Instead(signingRequestPem, cancel) : Task.FromResult(Sign(signingRequestPem));
    }

    internal IReadOnlyList<string> Sign(string signingRequestPem)
    {
        CertificateRequest asked = CertificateRequest.LoadSigningRequestPem(signingRequestPem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
        CertificateRequest request = new(new X500DistinguishedName(""), asked.PublicKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri(Identity));
        request.CertificateExtensions.Add(names.Build(critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        DateTimeOffset now = time.GetUtcNow();
        X509SignatureGenerator generator = X509SignatureGenerator.CreateForECDsa(root.Certificate.GetECDsaPrivateKey()!);
        using X509Certificate2 leaf = request.Create(root.Certificate.SubjectName, generator, now.AddMinutes(-2), now + Lifetime, RandomNumberGenerator.GetBytes(8));
        return [leaf.ExportCertificatePem(), root.Certificate.ExportCertificatePem()];
    }
}
