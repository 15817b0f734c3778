using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Weft.Proxy.Identity;

/// <summary>A key pair made in this process, and the request for a certificate over it. The private half leaves only towards OpenSSL, as bytes in memory.</summary>
internal sealed class WorkloadKey : IDisposable
{
    private const int RsaBits = 2048;
    private readonly AsymmetricAlgorithm key;

    internal WorkloadKey(WorkloadKeyType type) => key = type == WorkloadKeyType.Rsa2048 ? RSA.Create(RsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>A PKCS #10 request with an empty subject and the SPIFFE id as its one name, as Istio's agent sends it.</summary>
    internal string SigningRequestPem(string spiffeId)
    {
        X500DistinguishedName subject = new("");
        CertificateRequest request = key is RSA rsa
            ? new(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri(spiffeId));
        request.CertificateExtensions.Add(names.Build(critical: true));
        return request.CreateSigningRequestPem();
    }

    internal byte[] PrivateKeyPem()
    {
        byte[] der = key.ExportPkcs8PrivateKey();
        char[] pem = PemEncoding.Write("PRIVATE KEY", der);
        byte[] bytes = Encoding.ASCII.GetBytes(pem);
        CryptographicOperations.ZeroMemory(der);
        Array.Clear(pem);
        return bytes;
    }

    internal bool Matches(X509Certificate2 certificate) => certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(
        key is RSA rsa ? rsa.ExportSubjectPublicKeyInfo() : ((ECDsa)key).ExportSubjectPublicKeyInfo());

    public void Dispose() => key.Dispose();
}
