using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Identity;

/// <summary>
/// The authority's files, named as Istio's <c>cacerts</c>: <c>ca-cert.pem</c>, <c>ca-key.pem</c>, <c>cert-chain.pem</c>
/// (from the signing certificate up to, at most, the root) and <c>root-cert.pem</c>.
/// </summary>
public static class AuthorityFiles
{
    private const string CertificateName = "ca-cert.pem";
    private const string KeyName = "ca-key.pem";
    private const string ChainName = "cert-chain.pem";
    private const string RootName = "root-cert.pem";

    /// <summary>Loads the authority of a directory, or makes one there when the directory has none.</summary>
    /// <param name="directory">The directory; it is created with access for its owner only.</param>
    /// <param name="trustDomain">For a new root.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">Lifetimes; null for the default.</param>
    /// <exception cref="IdentityException">The files are there and cannot be used, or cannot be written.</exception>
    public static CertificateAuthority LoadOrCreate(string directory, string trustDomain, TimeProvider time, AuthorityOptions? options = null)
    {
        if (File.Exists(Path.Combine(directory, CertificateName)))
        {
            return Load(directory, time, options);
        }

        var authority = CertificateAuthority.CreateSelfSigned(trustDomain, time, options);
        try
        {
            Save(authority, directory);
        }
        catch
        {
            authority.Dispose();
            throw;
        }

        return authority;
    }

    /// <summary>Loads the authority of a directory. <c>cert-chain.pem</c> may be missing when the signing certificate is the root.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">Lifetimes; null for the default.</param>
    /// <exception cref="IdentityException">A file is missing, unreadable, or does not fit the others; the message names it.</exception>
    public static CertificateAuthority Load(string directory, TimeProvider time, AuthorityOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(time);
        var certificatePath = Path.Combine(directory, CertificateName);
        var certificate = PemCertificates.Read(ReadText(certificatePath), TrustBundle.MaxPemBytes, certificatePath)[0];
        var rootPath = Path.Combine(directory, RootName);
        var bundle = TrustBundle.Of(PemCertificates.Read(ReadText(rootPath), TrustBundle.MaxPemBytes, rootPath));
        var chainPath = Path.Combine(directory, ChainName);
        var chain = File.Exists(chainPath) ? PemCertificates.Read(ReadText(chainPath), TrustBundle.MaxPemBytes, chainPath) : [certificate];
        Check(certificate, certificatePath, chain, bundle, time.GetUtcNow());

        var upper = chain.Where(c => !IsRoot(c, bundle)).ToList();
        upper.Add(bundle.Roots[0]);
        var key = ReadKey(Path.Combine(directory, KeyName), certificate);
        return new CertificateAuthority(certificate, key, upper, bundle, options ?? AuthorityOptions.Default, time);
    }

    /// <summary>Writes a self-signed authority's files; the key is readable by its owner only.</summary>
    /// <param name="authority">The authority.</param>
    /// <param name="directory">The directory; created when it is missing.</param>
    /// <exception cref="IdentityException">A file cannot be written.</exception>
    public static void Save(CertificateAuthority authority, string directory)
    {
        ArgumentNullException.ThrowIfNull(authority);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("The authority's key is kept in files with Unix permissions.");
        }

        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Write(Path.Combine(directory, KeyName), authority.ExportKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            Write(Path.Combine(directory, RootName), authority.Bundle.ToPem(), ForAll);
            Write(Path.Combine(directory, ChainName), authority.ExportCertificatePem(), ForAll);

            // Last: its presence says that the others are complete.
            Write(Path.Combine(directory, CertificateName), authority.ExportCertificatePem(), ForAll);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"The authority's files cannot be written to {directory}: {e.Message}", e);
        }
    }

    private static void Check(
        X509Certificate2 certificate, string path, IReadOnlyList<X509Certificate2> chain, TrustBundle bundle, DateTimeOffset now)
    {
        var constraints = certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault();
        if (constraints is not { CertificateAuthority: true })
        {
            throw new IdentityException($"{path} is not a certificate authority: its basic constraints do not say CA:true.");
        }

        if (now >= certificate.NotAfter.ToUniversalTime())
        {
            throw new IdentityException($"{path} ended at {certificate.NotAfter.ToUniversalTime():u}: renew it.");
        }

        if (!bundle.Verifies(certificate, chain, now))
        {
            throw new IdentityException($"{path} does not lead to {RootName} over {ChainName}.");
        }
    }

    private static bool IsRoot(X509Certificate2 certificate, TrustBundle bundle) =>
        bundle.Roots.Any(r => r.Thumbprint == certificate.Thumbprint);

    private static AsymmetricAlgorithm ReadKey(string path, X509Certificate2 certificate)
    {
        var pem = ReadText(path);
        AsymmetricAlgorithm key = certificate.GetRSAPublicKey() is not null ? RSA.Create() : ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new IdentityException($"{path} is not an unencrypted PEM key of the kind that {CertificateName} has: {e.Message}", e);
        }

        if (!key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo()))
        {
            key.Dispose();
            throw new IdentityException($"{path} is not the key of {CertificateName}.");
        }

        return key;
    }

    private static string ReadText(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= TrustBundle.MaxPemBytes
                ? File.ReadAllText(path)
                : throw new IdentityException($"{path} has {length} bytes, {TrustBundle.MaxPemBytes} are allowed.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"{path} cannot be read: {e.Message}", e);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static void Write(string path, string text, UnixFileMode mode)
    {
        // Written aside and moved into place: a crash leaves the old file or the new one.
        var aside = path + ".new";
        File.Delete(aside);
        using (var file = new FileStream(aside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        using (var writer = new StreamWriter(file))
        {
            writer.Write(text);
        }

        File.Move(aside, path, overwrite: true);
    }
}
