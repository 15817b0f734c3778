using System.Net;
using System.Text;

namespace Weft.Proxy.Tls.Native;

/// <summary>Reads what Weft wants to know from an X509*; borrows the pointer.</summary>
internal static unsafe class X509Reader
{
    /// <summary>All names of the subjectAltName extension. Several such extensions, or one that does not decode, count as malformed.</summary>
    internal static PeerNames Names(nint certificate)
    {
        int critical = -1;
        nint names = LibCrypto.X509_get_ext_d2i(certificate, LibCrypto.SubjectAltNameNid, &critical, null);
        if (names == 0)
        {
            LibCrypto.ERR_clear_error();
            // -1: there is no such extension; -2: there are several; 0 or 1: it did not decode.
            return critical == -1 ? PeerNames.None : PeerNames.None with { HasMalformed = true };
        }

        List<string> uris = [], dns = [], addresses = [];
        bool malformed = false;
        try
        {
            int count = LibCrypto.OPENSSL_sk_num(names);
            for (int i = 0; i < count; i++)
            {
                int type;
                nint value = LibCrypto.GENERAL_NAME_get0_value(LibCrypto.OPENSSL_sk_value(names, i), &type);
                switch (type)
                {
                    case LibCrypto.GeneralNameUri:
                        malformed |= !TryAddText(value, uris);
                        break;
                    case LibCrypto.GeneralNameDns:
                        malformed |= !TryAddText(value, dns);
                        break;
                    case LibCrypto.GeneralNameIp:
                        ReadOnlySpan<byte> address = Bytes(value);
                        if (address.Length is 4 or 16)
                            addresses.Add(new IPAddress(address).ToString());
                        else
                            malformed = true;
                        break;
                }
            }
        }
        finally
        {
            LibCrypto.GENERAL_NAMES_free(names);
        }

        return new PeerNames(uris, dns, addresses, malformed);
    }

    /// <summary>The subject in RFC 2253 form, as X-Forwarded-Client-Cert carries it.</summary>
    internal static string Subject(nint certificate)
    {
        nint bio = LibCrypto.BIO_new(LibCrypto.BIO_s_mem());
        if (bio == 0)
            return "";
        try
        {
            _ = LibCrypto.X509_NAME_print_ex(bio, LibCrypto.X509_get_subject_name(certificate), 0, LibCrypto.NameFormatRfc2253);
            byte* text;
            nint length = LibCrypto.BIO_ctrl(bio, LibCrypto.BioControlMemoryData, 0, &text);
            return length > 0 ? Encoding.UTF8.GetString(text, (int)length) : "";
        }
        finally
        {
            _ = LibCrypto.BIO_free(bio);
        }
    }

    internal static byte[] Der(nint certificate)
    {
        int length = LibCrypto.i2d_X509(certificate, null);
        if (length <= 0)
            return [];
        byte[] der = new byte[length];
        fixed (byte* start = der)
        {
            byte* at = start;
            _ = LibCrypto.i2d_X509(certificate, &at);
        }

        return der;
    }

    /// <summary>The public key as SubjectPublicKeyInfo in DER; empty when it has none that can be encoded.</summary>
    internal static byte[] PublicKey(nint certificate)
    {
        nint key = LibCrypto.X509_get_X509_PUBKEY(certificate);
        int length = LibCrypto.i2d_X509_PUBKEY(key, null);
        if (length <= 0)
            return [];
        byte[] der = new byte[length];
        fixed (byte* start = der)
        {
            byte* at = start;
            _ = LibCrypto.i2d_X509_PUBKEY(key, &at);
        }

        return der;
    }

    /// <summary>Whether the certificate demands a stapled OCSP response (RFC 7633: TLS feature status_request).</summary>
    internal static bool MustStaple(nint certificate)
    {
        const int statusRequest = 5;
        int critical;
        nint features = LibCrypto.X509_get_ext_d2i(certificate, LibCrypto.TlsFeatureNid, &critical, null);
        if (features == 0)
        {
            LibCrypto.ERR_clear_error();
            return false;
        }

        bool found = false;
        int count = LibCrypto.OPENSSL_sk_num(features);
        for (int i = 0; i < count && !found; i++)
            found = LibCrypto.ASN1_INTEGER_get(LibCrypto.OPENSSL_sk_value(features, i)) == statusRequest;
        LibCrypto.TLS_FEATURE_free(features);
        return found;
    }

    private static ReadOnlySpan<byte> Bytes(nint text) => new(LibCrypto.ASN1_STRING_get0_data(text), LibCrypto.ASN1_STRING_length(text));

    private static bool TryAddText(nint value, List<string> into)
    {
        ReadOnlySpan<byte> bytes = Bytes(value);
        if (bytes.IsEmpty || bytes.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
            return false;
        into.Add(Encoding.ASCII.GetString(bytes));
        return true;
    }
}
