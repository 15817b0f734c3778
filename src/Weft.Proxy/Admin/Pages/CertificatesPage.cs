using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Weft.Proxy.Model;

namespace Weft.Proxy.Admin.Pages;

/// <summary><c>/certs</c>: the certificates of all secrets in force, as Envoy lists them; never a key.</summary>
internal static class CertificatesPage
{
    public static void Write(ProxySnapshot snapshot, TimeProvider time, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("certificates");
        foreach (SecretModel secret in snapshot.Secrets.Values.OrderBy(secret => secret.Name, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            WriteAll(json, "ca_cert", secret.Name, secret.Validation?.TrustedCaPem ?? default, time);
            WriteAll(json, "cert_chain", secret.Name, secret.Certificate?.ChainPem ?? default, time);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter json, string property, string secret, ReadOnlyMemory<byte> pem, TimeProvider time)
    {
        json.WriteStartArray(property);
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(Encoding.ASCII.GetString(pem.Span));
        }
        catch (CryptographicException)
        {
            // What the data plane cannot read either was refused when it arrived; an empty list says so here.
        }

        foreach (X509Certificate2 certificate in certificates)
        {
            WriteOne(json, secret, certificate, time);
            certificate.Dispose();
        }

        json.WriteEndArray();
    }

    private static void WriteOne(Utf8JsonWriter json, string secret, X509Certificate2 certificate, TimeProvider time)
    {
        DateTime end = certificate.NotAfter.ToUniversalTime();
        TimeSpan left = end - time.GetUtcNow().UtcDateTime;
        json.WriteStartObject();
        json.WriteString("path", secret);
        json.WriteString("serial_number", certificate.SerialNumber.ToLowerInvariant());
        json.WriteString("subject", certificate.Subject);
        json.WriteStartArray("subject_alt_names");
        foreach (string uri in Uris(certificate))
        {
            json.WriteStartObject();
            json.WriteString("uri", uri);
            json.WriteEndObject();
        }

        foreach (string name in DnsNames(certificate))
        {
            json.WriteStartObject();
            json.WriteString("dns", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("days_until_expiration", Math.Max(0, (int)left.TotalDays).ToString(CultureInfo.InvariantCulture));
        json.WriteString("valid_from", Rfc3339(certificate.NotBefore.ToUniversalTime()));
        json.WriteString("expiration_time", Rfc3339(end));
        json.WriteEndObject();
    }

    private static IEnumerable<string> DnsNames(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames());

    /// <summary>The framework lists DNS names and addresses, but not URIs: choice [6] of GeneralName (RFC 5280 section 4.2.1.6).</summary>
    private static List<string> Uris(X509Certificate2 certificate)
    {
        List<string> uris = [];
        foreach (X509SubjectAlternativeNameExtension extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            Asn1Tag uri = new(TagClass.ContextSpecific, 6);
            while (names.HasData)
            {
                if (names.PeekTag() == uri) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uri));
                else names.ReadEncodedValue();
            }
        }

        return uris;
    }

    private static string Rfc3339(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
