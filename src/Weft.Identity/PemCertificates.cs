using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Identity;

/// <summary>Reads the certificates of a PEM text.</summary>
internal static class PemCertificates
{
    internal static IReadOnlyList<X509Certificate2> Read(string pem, int maxLength, string what)
    {
        if (pem.Length > maxLength)
        {
            throw new IdentityException($"{what} has {pem.Length} characters of PEM, {maxLength} are allowed.");
        }

        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new IdentityException($"{what} has a certificate that cannot be read: {e.Message}", e);
        }

        return found.Count > 0 ? [.. found] : throw new IdentityException($"{what} has no certificate: there is no `-----BEGIN CERTIFICATE-----`.");
    }
}
