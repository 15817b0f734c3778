using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Identity;

/// <summary>An authority's answer that passed all checks. Immutable.</summary>
internal sealed record IssuedCertificate
{
    private const int MaxCertificates = 10;
    private const int MaxCertificateBytes = 64 * 1024;

    internal required DateTimeOffset NotBefore { get; init; }

    internal required DateTimeOffset NotAfter { get; init; }

    internal required string SerialNumber { get; init; }

    internal required SecretModel Certificate { get; init; }

    internal required SecretModel Roots { get; init; }

    /// <summary>
    /// Checks an answer: certificates that decode, a leaf over our key, for our identity, valid now, and a chain to the roots of the mesh's file, which are read again for
    /// every answer: a rotation of the root is a change of that file.
    /// </summary>
    internal static IssuedCertificate Check(IReadOnlyList<string> answer, WorkloadKey key, WorkloadIdentityOptions options, string rootsPem, DateTimeOffset now)
    {
        X509Certificate2Collection chain = Decode(answer);
        X509Certificate2Collection roots = [];
        try
        {
            ImportRoots(roots, rootsPem, options.RootFile);
            X509Certificate2 leaf = chain[0];
            if (!key.Matches(leaf))
                throw new CertificateAuthorityException("The authority's certificate is not for the key that this proxy asked for.");
            CheckIdentity(leaf, options.SpiffeId);
            DateTimeOffset notBefore = leaf.NotBefore.ToUniversalTime(), notAfter = leaf.NotAfter.ToUniversalTime();
            if (now < notBefore || now >= notAfter)
                throw new CertificateAuthorityException($"The authority's certificate is valid from {notBefore:u} to {notAfter:u}, and it is {now:u} here: compare the clocks of this machine and of the control plane.");
            byte[] rootsOfMesh = Pem(roots);
            CheckChain(Pem(chain), rootsOfMesh, now);
            return new IssuedCertificate
            {
                NotBefore = notBefore,
                NotAfter = notAfter,
                SerialNumber = leaf.SerialNumber,
                Certificate = new SecretModel
                {
                    Name = WorkloadIdentityOptions.CertificateSecretName,
                    VersionInfo = leaf.SerialNumber,
                    Certificate = new TlsCertificateModel { ChainPem = Pem(chain.Where(c => !IsSelfIssued(c))), PrivateKeyPem = key.PrivateKeyPem() },
                },
                Roots = new SecretModel
                {
                    Name = WorkloadIdentityOptions.RootSecretName,
                    VersionInfo = leaf.SerialNumber,
                    Validation = new ValidationContextModel { TrustedCaPem = rootsOfMesh },
                },
            };
        }
        finally
        {
            foreach (X509Certificate2 certificate in chain.Concat(roots))
                certificate.Dispose();
        }
    }

    private static X509Certificate2Collection Decode(IReadOnlyList<string> answer)
    {
        X509Certificate2Collection chain = [];
        try
        {
            foreach (string pem in answer)
            {
                if (pem.Length > MaxCertificateBytes)
                    throw new CertificateAuthorityException($"The authority's answer has a certificate of {pem.Length} bytes; at most {MaxCertificateBytes} are read.");
                chain.ImportFromPem(pem);
            }
        }
        catch (CryptographicException failure)
        {
            throw new CertificateAuthorityException("The authority's answer does not decode as PEM certificates.", failure);
        }

        return chain.Count is > 0 and <= MaxCertificates
            ? chain
            : throw new CertificateAuthorityException($"The authority's answer has {chain.Count} certificates; 1 to {MaxCertificates} are expected.");
    }

    private static void ImportRoots(X509Certificate2Collection roots, string pem, string file)
    {
        try
        {
            roots.ImportFromPem(pem);
        }
        catch (CryptographicException failure)
        {
            throw new CertificateAuthorityException($"The mesh's root file '{file}' does not decode as PEM certificates.", failure);
        }

        if (roots.Count == 0)
            throw new CertificateAuthorityException($"The mesh's root file '{file}' holds no certificate.");
    }

    private static void CheckIdentity(X509Certificate2 leaf, string spiffeId)
    {
        string[] uris = [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => UriNames(names.RawData))];
        if (uris is not [string only] || only != spiffeId)
            throw new CertificateAuthorityException($"The authority issued a certificate for '{string.Join("', '", uris)}', but this proxy is '{spiffeId}': the token may belong to another workload.");
    }

    /// <summary>The framework lists DNS names and addresses only.</summary>
    private static List<string> UriNames(byte[] extension)
    {
        List<string> uris = [];
        System.Formats.Asn1.AsnReader names = new System.Formats.Asn1.AsnReader(extension, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        System.Formats.Asn1.Asn1Tag uri = new(System.Formats.Asn1.TagClass.ContextSpecific, 6);
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(uri))
                uris.Add(names.ReadCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, uri));
            else
                names.ReadEncodedValue();
        }

        return uris;
    }

    private static void CheckChain(ReadOnlySpan<byte> chain, ReadOnlyMemory<byte> roots, DateTimeOffset now)
    {
        string reason;
        try
        {
            reason = ChainVerifier.Verify(chain, roots, now);
        }
        catch (TlsConfigurationException failure)
        {
            throw new CertificateAuthorityException($"The authority's certificate cannot be verified by the mesh's roots: {failure.Message}", failure);
        }

        if (reason.Length > 0)
            throw new CertificateAuthorityException($"The authority's certificate does not lead to the mesh's roots ({reason}).");
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static byte[] Pem(IEnumerable<X509Certificate2> certificates) =>
        Encoding.ASCII.GetBytes(string.Concat(certificates.Select(certificate => certificate.ExportCertificatePem() + "\n")));
}
