using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Proxy.Tls.Native;

/// <summary>Decodes PEM or DER bytes into OpenSSL objects. Throws <see cref="TlsConfigurationException"/> with a sentence that names <c>what</c>.</summary>
internal static unsafe class PemReader
{
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>All certificates of a PEM text, or the one of a DER text. The caller owns each X509*.</summary>
    internal static List<nint> Certificates(ReadOnlySpan<byte> bytes, string what)
    {
        CheckSize(bytes, what);
        List<nint> certificates = [];
        try
        {
            if (!IsPem(bytes))
            {
                fixed (byte* start = bytes)
                {
                    byte* at = start;
                    nint certificate = LibCrypto.d2i_X509(null, &at, bytes.Length);
                    if (certificate == 0)
                        throw Failure(what, "is neither PEM nor DER");
                    certificates.Add(certificate);
                    return certificates;
                }
            }

            ReadAll(bytes, what, certificates, &LibCrypto.PEM_read_bio_X509);
            if (certificates.Count == 0)
                throw new TlsConfigurationException($"The {what} holds no certificate: a PEM block 'BEGIN CERTIFICATE' is needed.");
            return certificates;
        }
        catch
        {
            foreach (nint certificate in certificates)
                LibCrypto.X509_free(certificate);
            throw;
        }
    }

    /// <summary>All revocation lists of a PEM text. The caller owns each X509_CRL*.</summary>
    internal static List<nint> RevocationLists(ReadOnlySpan<byte> bytes, string what)
    {
        CheckSize(bytes, what);
        List<nint> lists = [];
        try
        {
            ReadAll(bytes, what, lists, &LibCrypto.PEM_read_bio_X509_CRL);
            if (lists.Count == 0)
                throw new TlsConfigurationException($"The {what} holds no revocation list: a PEM block 'BEGIN X509 CRL' is needed.");
            return lists;
        }
        catch
        {
            foreach (nint list in lists)
                LibCrypto.X509_CRL_free(list);
            throw;
        }
    }

    /// <summary>A private key. The caller owns the EVP_PKEY*.</summary>
    internal static nint PrivateKey(ReadOnlySpan<byte> bytes, string? password, string what)
    {
        CheckSize(bytes, what);
        nint key;
        byte[] secret = Encoding.UTF8.GetBytes((password ?? "") + "\0");
        fixed (byte* start = bytes)
        fixed (byte* word = secret)
        {
            if (IsPem(bytes))
            {
                nint bio = LibCrypto.BIO_new_mem_buf(start, bytes.Length);
                // Without a callback OpenSSL would ask the terminal for a password.
                key = LibCrypto.PEM_read_bio_PrivateKey(bio, null, &GivePassword, password is null ? 0 : (nint)word);
                _ = LibCrypto.BIO_free(bio);
            }
            else
            {
                byte* at = start;
                key = LibCrypto.d2i_AutoPrivateKey(null, &at, bytes.Length);
            }
        }

        CryptographicErase(secret);
        return key != 0 ? key : throw Failure(what, password is null ? "cannot be read as a private key without a password" : "cannot be read as a private key with its password");
    }

    private static void CryptographicErase(byte[] secret) => System.Security.Cryptography.CryptographicOperations.ZeroMemory(secret);

    private static bool IsPem(ReadOnlySpan<byte> bytes) => bytes.IndexOf("-----BEGIN "u8) >= 0;

    private static void CheckSize(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.IsEmpty)
            throw new TlsConfigurationException($"The {what} is empty.");
        if (bytes.Length > MaxBytes)
            throw new TlsConfigurationException($"The {what} has {bytes.Length} bytes; at most {MaxBytes} are read.");
    }

    private static void ReadAll(ReadOnlySpan<byte> bytes, string what, List<nint> into, delegate*<nint, nint*, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int>, nint, nint> read)
    {
        const int noStartLine = 108;
        fixed (byte* start = bytes)
        {
            nint bio = LibCrypto.BIO_new_mem_buf(start, bytes.Length);
            try
            {
                while (true)
                {
                    nint item = read(bio, null, &GivePassword, 0);
                    if (item == 0)
                        break;
                    into.Add(item);
                }

                if (((int)LibCrypto.ERR_peek_last_error() & 0x7FFFFF) != noStartLine)
                    throw Failure(what, $"is broken in its PEM block number {into.Count + 1}");
            }
            finally
            {
                _ = LibCrypto.BIO_free(bio);
                LibCrypto.ERR_clear_error();
            }
        }
    }

    private static TlsConfigurationException Failure(string what, string cause)
    {
        (_, string text) = OpenSslErrors.Take();
        return new TlsConfigurationException(text.Length > 0 ? $"The {what} {cause} ({text})." : $"The {what} {cause}.");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GivePassword(byte* buffer, int size, int forWriting, nint password)
    {
        if (password == 0)
            return -1;
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)password);
        if (text.Length > size)
            return -1;
        text.CopyTo(new Span<byte>(buffer, size));
        return text.Length;
    }
}
