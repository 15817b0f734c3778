using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Tests.Tls;

/// <summary>An authority made for a test, with a knob for each way in which a certificate can be wrong.</summary>
internal sealed class TestAuthority
{
    private readonly X509Certificate2 certificate;

    internal TestAuthority(string name = "test root", TestAuthority? parent = null, int? pathLength = null)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, pathLength is not null, pathLength ?? 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        certificate = parent is null
            ? request.CreateSelfSigned(now.AddDays(-10), now.AddDays(30))
            : request.Create(parent.certificate, now.AddDays(-9), parent.certificate.NotAfter, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
    }

    internal ReadOnlyMemory<byte> Pem => Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n");

    internal X509Certificate2 Certificate => certificate;

    internal TlsTrust Trust => TlsTrust.ForAll(Pem);

    internal TlsCertificate AsLeaf() => new(Pem, Encoding.ASCII.GetBytes(certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));

    internal TlsCertificate Workload(string spiffeId = "spiffe://cluster.local/ns/default/sa/reviews") => Issue(new LeafWishes { Uris = [spiffeId] });

    internal TlsCertificate Issue(LeafWishes wishes, params TestAuthority[] intermediates)
    {
        using AsymmetricAlgorithm key = wishes.Rsa ? RSA.Create(wishes.RsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X500DistinguishedName subject = new(wishes.Subject);
        CertificateRequest request = key is RSA rsa
            ? new(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(wishes.IsAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | (wishes.IsAuthority ? X509KeyUsageFlags.KeyCertSign : 0), true));
        if (wishes.Usages.Length > 0)
        {
            OidCollection usages = [];
            foreach (string usage in wishes.Usages)
                usages.Add(new Oid(usage));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, false));
        }

        if (wishes.RawNames is not null)
            request.CertificateExtensions.Add(new X509Extension("2.5.29.17", wishes.RawNames, false));
        else if (wishes.Uris.Length + wishes.DnsNames.Length > 0)
            request.CertificateExtensions.Add(Names(wishes));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        X509SignatureGenerator generator = X509SignatureGenerator.CreateForECDsa(certificate.GetECDsaPrivateKey()!);
        using X509Certificate2 leaf = wishes.SelfSigned
            ? request.CreateSelfSigned(now + wishes.NotBefore, now + wishes.NotAfter)
            : request.Create(certificate.SubjectName, generator, now + wishes.NotBefore, now + wishes.NotAfter, wishes.Serial ?? RandomNumberGenerator.GetBytes(8));
        StringBuilder chain = new(leaf.ExportCertificatePem() + "\n");
        foreach (TestAuthority intermediate in intermediates)
            chain.Append(intermediate.certificate.ExportCertificatePem()).Append('\n');
        string pem = key is RSA r ? r.ExportPkcs8PrivateKeyPem() : ((ECDsa)key).ExportPkcs8PrivateKeyPem();
        return new TlsCertificate(Encoding.ASCII.GetBytes(chain.ToString()), Encoding.ASCII.GetBytes(pem));
    }

    internal byte[] RevocationList(params byte[][] serials)
    {
        CertificateRevocationListBuilder builder = new();
        foreach (byte[] serial in serials)
            builder.AddEntry(serial);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        byte[] list = builder.Build(certificate, 1, now.AddDays(1), HashAlgorithmName.SHA256, null, now.AddHours(-1));
        return Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", list) + "\n");
    }

    private static X509Extension Names(LeafWishes wishes)
    {
        SubjectAlternativeNameBuilder names = new();
        foreach (string uri in wishes.Uris)
            names.AddUri(new Uri(uri));
        foreach (string name in wishes.DnsNames)
            names.AddDnsName(name);
        return names.Build();
    }
}
