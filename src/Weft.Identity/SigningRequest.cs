using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Identity;

/// <summary>
/// A PKCS#10 request that has been checked: its signature proves that the sender has the key, the key is one that peers
/// should trust, and it asks for nothing that the sender may not have.
/// </summary>
internal static class SigningRequest
{
    /// <summary>The longest request. One with a 4096-bit RSA key has under 2 KB.</summary>
    internal const int MaxPemLength = 16_384;

    private const int MinRsaBits = 2_048;
    private const int MaxRsaBits = 4_096;
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string BasicConstraints = "2.5.29.19";
    private const string KeyUsage = "2.5.29.15";
    private const string ExtendedKeyUsage = "2.5.29.37";
    private const string SubjectKeyIdentifier = "2.5.29.14";
    private static readonly string[] AllowedCurves = ["1.2.840.10045.3.1.7", "1.3.132.0.34"];

    /// <summary>Reads and checks a request.</summary>
    /// <param name="pem">The PEM text.</param>
    /// <param name="identity">Whom the sender has proven to be: the only name the request may ask for.</param>
    /// <param name="key">The public key to certify.</param>
    /// <param name="error">A sentence, when the result is false.</param>
    internal static bool TryRead(string pem, SpiffeId identity, [NotNullWhen(true)] out PublicKey? key, [NotNullWhen(false)] out string? error)
    {
        key = null;
        if (pem.Length > MaxPemLength)
        {
            error = $"The signing request has {pem.Length} characters, {MaxPemLength} are allowed.";
            return false;
        }

        CertificateRequest request;
        try
        {
            request = CertificateRequest.LoadSigningRequestPem(
                pem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            error = $"The signing request cannot be read, or its signature does not fit its key: {e.Message}";
            return false;
        }

        error = CheckKey(request.PublicKey) ?? request.CertificateExtensions.Select(e => CheckExtension(e, identity)).FirstOrDefault(e => e is not null);
        if (error is null && request.OtherRequestAttributes.Count > 0)
        {
            error = $"The signing request carries the attribute {request.OtherRequestAttributes[0].Oid?.Value}, which is not allowed.";
        }

        if (error is not null)
        {
            return false;
        }

        key = request.PublicKey;
        return true;
    }

    private static string? CheckKey(PublicKey key)
    {
        try
        {
            using var ec = key.GetECDsaPublicKey();
            if (ec is not null)
            {
                var curve = ec.ExportParameters(false).Curve;
                var oid = curve.IsNamed ? curve.Oid.Value ?? curve.Oid.FriendlyName : null;
                return AllowedCurves.Contains(oid) || curve.Oid?.FriendlyName is "nistP256" or "nistP384" or "ECDSA_P256" or "ECDSA_P384"
                    ? null
                    : $"The signing request has a key on the curve {oid ?? "of its own"}; use P-256 or P-384.";
            }

            using var rsa = key.GetRSAPublicKey();
            if (rsa is null)
            {
                return $"The signing request has a key of the kind {key.Oid.FriendlyName ?? key.Oid.Value}; use ECDSA P-256.";
            }

            return rsa.KeySize is >= MinRsaBits and <= MaxRsaBits
                ? null
                : $"The signing request has an RSA key of {rsa.KeySize} bits; {MinRsaBits} to {MaxRsaBits} are allowed.";
        }
        catch (CryptographicException e)
        {
            return $"The signing request's key cannot be used: {e.Message}";
        }
    }

    private static string? CheckExtension(X509Extension extension, SpiffeId identity)
    {
        switch (extension.Oid?.Value)
        {
            case KeyUsage or ExtendedKeyUsage or SubjectKeyIdentifier:
                // What the leaf may be used for is the authority's to say, whatever the request wishes.
                return null;
            case BasicConstraints:
                return IsForAuthority(extension) ? "The signing request asks for a certificate authority (CA:true); workloads get leaf certificates." : null;
            case SubjectAlternativeName:
                return CheckNames(extension, identity);
            default:
                return $"The signing request asks for the extension {extension.Oid?.Value}, which is not allowed.";
        }
    }

    private static bool IsForAuthority(X509Extension extension)
    {
        try
        {
            return new X509BasicConstraintsExtension(extension, extension.Critical).CertificateAuthority;
        }
        catch (CryptographicException)
        {
            return true;
        }
    }

    /// <summary>The names must be the identity and nothing else; a request without names is the usual one.</summary>
    private static string? CheckNames(X509Extension extension, SpiffeId identity)
    {
        try
        {
            var uri = new Asn1Tag(TagClass.ContextSpecific, 6);
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                var tag = names.PeekTag();
                if (!tag.HasSameClassAndValue(uri))
                {
                    return $"The signing request asks for a name of kind {tag.TagValue} beside the SPIFFE id; the certificate names only `{identity}`.";
                }

                var name = names.ReadCharacterString(UniversalTagNumber.IA5String, uri);
                if (name != identity.ToString())
                {
                    return $"The signing request asks for the name `{name}`, but its sender is `{identity}`.";
                }
            }

            return null;
        }
        catch (AsnContentException e)
        {
            return $"The signing request's names cannot be read: {e.Message}";
        }
    }
}
