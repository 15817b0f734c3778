using System.Runtime.InteropServices;

namespace Weft.Proxy.Tls.Native;

/// <summary>The functions of OpenSSL's libcrypto.so.3 that Weft calls, under their own names; see <see cref="LibSsl"/>.</summary>
internal static unsafe partial class LibCrypto
{
    private const string Name = "libcrypto.so.3";

    internal const int BioTypeSourceSink = 0x400;
    internal const int BioFlagRead = 0x1;
    internal const int BioFlagRetry = 0x8;
    internal const int BioFlagsAllRetry = 0xF;
    internal const int BioControlMemoryData = 3;
    internal const int SubjectAltNameNid = 85;
    internal const int TlsFeatureNid = 1020;
    internal const int OcspSuccessful = 0;
    internal const int GeneralNameDns = 2;
    internal const int GeneralNameUri = 6;
    internal const int GeneralNameIp = 7;
    internal const int PurposeTlsClient = 1;
    internal const int PurposeTlsServer = 2;
    internal const ulong VerifyCrl = 0x4;
    internal const ulong VerifyCrlAll = 0x8;
    internal const ulong VerifyPartialChain = 0x80000;
    internal const ulong VerifyNoTime = 0x200000;
    internal const uint CheckNoPartialWildcards = 0x4;
    internal const uint CheckNeverSubject = 0x20;
    internal const uint NameFormatRfc2253 = 0x1110317;

    [LibraryImport(Name)]
    internal static partial nint BIO_meth_new(int type, byte* name);

    [LibraryImport(Name)]
    internal static partial int BIO_meth_set_write(nint method, delegate* unmanaged[Cdecl]<nint, byte*, int, int> write);

    [LibraryImport(Name)]
    internal static partial int BIO_meth_set_read(nint method, delegate* unmanaged[Cdecl]<nint, byte*, int, int> read);

    [LibraryImport(Name)]
    internal static partial int BIO_meth_set_ctrl(nint method, delegate* unmanaged[Cdecl]<nint, int, nint, nint, nint> control);

    [LibraryImport(Name)]
    internal static partial delegate* unmanaged[Cdecl]<nint, int, nint, nint, nint> BIO_meth_get_ctrl(nint method);

    [LibraryImport(Name)]
    internal static partial nint BIO_s_null();

    [LibraryImport(Name)]
    internal static partial nint BIO_new(nint method);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void BIO_set_data(nint bio, void* data);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void* BIO_get_data(nint bio);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void BIO_set_init(nint bio, int value);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void BIO_set_flags(nint bio, int flags);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void BIO_clear_flags(nint bio, int flags);

    [LibraryImport(Name)]
    internal static partial nint BIO_s_mem();

    [LibraryImport(Name)]
    internal static partial nint BIO_new_mem_buf(byte* data, int length);

    [LibraryImport(Name)]
    internal static partial nint BIO_ctrl(nint bio, int command, nint number, void* pointer);

    [LibraryImport(Name)]
    internal static partial int BIO_free(nint bio);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial void ERR_clear_error();

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial nuint ERR_peek_error();

    [LibraryImport(Name)]
    internal static partial nuint ERR_get_error();

    [LibraryImport(Name)]
    internal static partial nuint ERR_peek_last_error();

    [LibraryImport(Name)]
    internal static partial byte* ERR_reason_error_string(nuint error);

    [LibraryImport(Name)]
    internal static partial nint PEM_read_bio_X509(nint bio, nint* into, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> password, nint argument);

    [LibraryImport(Name)]
    internal static partial nint PEM_read_bio_X509_CRL(nint bio, nint* into, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> password, nint argument);

    [LibraryImport(Name)]
    internal static partial nint PEM_read_bio_PrivateKey(nint bio, nint* into, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> password, nint argument);

    [LibraryImport(Name)]
    internal static partial nint d2i_X509(nint* into, byte** data, nint length);

    [LibraryImport(Name)]
    internal static partial int i2d_X509(nint certificate, byte** data);

    [LibraryImport(Name)]
    internal static partial nint d2i_AutoPrivateKey(nint* into, byte** data, nint length);

    [LibraryImport(Name)]
    internal static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Name)]
    internal static partial int EVP_PKEY_get_bits(nint key);

    [LibraryImport(Name)]
    internal static partial int EVP_PKEY_get_base_id(nint key);

    [LibraryImport(Name)]
    internal static partial void X509_free(nint certificate);

    [LibraryImport(Name)]
    internal static partial int X509_up_ref(nint certificate);

    [LibraryImport(Name)]
    internal static partial void X509_CRL_free(nint list);

    [LibraryImport(Name)]
    internal static partial int X509_check_private_key(nint certificate, nint key);

    [LibraryImport(Name)]
    internal static partial int X509_check_ca(nint certificate);

    [LibraryImport(Name)]
    internal static partial int X509_check_host(nint certificate, byte* name, nuint length, uint flags, nint matched);

    [LibraryImport(Name)]
    internal static partial int X509_check_ip(nint certificate, byte* address, nuint length, uint flags);

    [LibraryImport(Name)]
    internal static partial nint X509_get_subject_name(nint certificate);

    [LibraryImport(Name)]
    internal static partial int X509_NAME_print_ex(nint bio, nint name, int indent, nuint flags);

    [LibraryImport(Name)]
    internal static partial nint X509_get_ext_d2i(nint certificate, int nid, int* critical, int* index);

    [LibraryImport(Name)]
    internal static partial void GENERAL_NAMES_free(nint names);

    [LibraryImport(Name)]
    internal static partial nint GENERAL_NAME_get0_value(nint name, int* type);

    [LibraryImport(Name)]
    internal static partial byte* ASN1_STRING_get0_data(nint text);

    [LibraryImport(Name)]
    internal static partial int ASN1_STRING_length(nint text);

    [LibraryImport(Name)]
    internal static partial nint X509_get0_notAfter(nint certificate);

    [LibraryImport(Name)]
    internal static partial nint X509_get0_notBefore(nint certificate);

    [LibraryImport(Name)]
    internal static partial int X509_cmp_current_time(nint time);

    [LibraryImport(Name)]
    internal static partial nint X509_STORE_new();

    [LibraryImport(Name)]
    internal static partial void X509_STORE_free(nint store);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_add_cert(nint store, nint certificate);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_add_crl(nint store, nint list);

    [LibraryImport(Name)]
    internal static partial nint X509_STORE_CTX_new();

    [LibraryImport(Name)]
    internal static partial void X509_STORE_CTX_free(nint context);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_CTX_init(nint context, nint store, nint target, nint untrusted);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_CTX_set_purpose(nint context, int purpose);

    [LibraryImport(Name)]
    internal static partial void X509_STORE_CTX_set_flags(nint context, nuint flags);

    [LibraryImport(Name)]
    internal static partial void X509_STORE_CTX_set_time(nint context, nuint flags, nint time);

    [LibraryImport(Name)]
    internal static partial void X509_STORE_CTX_set_depth(nint context, int depth);

    [LibraryImport(Name)]
    internal static partial nint X509_STORE_CTX_get0_cert(nint context);

    [LibraryImport(Name)]
    internal static partial nint X509_STORE_CTX_get0_untrusted(nint context);

    [LibraryImport(Name)]
    internal static partial nint X509_STORE_CTX_get_ex_data(nint context, int index);

    [LibraryImport(Name)]
    internal static partial int X509_STORE_CTX_get_error(nint context);

    [LibraryImport(Name)]
    internal static partial void X509_STORE_CTX_set_error(nint context, int error);

    [LibraryImport(Name)]
    internal static partial int X509_verify_cert(nint context);

    [LibraryImport(Name)]
    internal static partial byte* X509_verify_cert_error_string(nint error);

    [LibraryImport(Name)]
    internal static partial nint X509_get_serialNumber(nint certificate);

    [LibraryImport(Name)]
    internal static partial nint X509_get_X509_PUBKEY(nint certificate);

    [LibraryImport(Name)]
    internal static partial int i2d_X509_PUBKEY(nint key, byte** data);

    [LibraryImport(Name)]
    internal static partial nint ASN1_INTEGER_get(nint number);

    [LibraryImport(Name)]
    internal static partial int ASN1_INTEGER_cmp(nint left, nint right);

    [LibraryImport(Name)]
    internal static partial void TLS_FEATURE_free(nint features);

    [LibraryImport(Name)]
    internal static partial nint d2i_OCSP_RESPONSE(nint* into, byte** data, nint length);

    [LibraryImport(Name)]
    internal static partial void OCSP_RESPONSE_free(nint response);

    [LibraryImport(Name)]
    internal static partial int OCSP_response_status(nint response);

    [LibraryImport(Name)]
    internal static partial nint OCSP_response_get1_basic(nint response);

    [LibraryImport(Name)]
    internal static partial void OCSP_BASICRESP_free(nint response);

    [LibraryImport(Name)]
    internal static partial int OCSP_resp_count(nint response);

    [LibraryImport(Name)]
    internal static partial nint OCSP_resp_get0(nint response, int index);

    [LibraryImport(Name)]
    internal static partial nint OCSP_SINGLERESP_get0_id(nint single);

    [LibraryImport(Name)]
    internal static partial int OCSP_id_get0_info(nint* nameHash, nint* digest, nint* keyHash, nint* serial, nint id);

    [LibraryImport(Name)]
    internal static partial int OCSP_single_get0_status(nint single, int* reason, nint* revokedAt, nint* thisUpdate, nint* nextUpdate);

    [LibraryImport(Name)]
    internal static partial void* CRYPTO_malloc(nuint bytes, byte* file, int line);

    [LibraryImport(Name)]
    internal static partial nint OPENSSL_sk_new_null();

    [LibraryImport(Name)]
    internal static partial int OPENSSL_sk_push(nint stack, nint item);

    [LibraryImport(Name)]
    internal static partial int OPENSSL_sk_num(nint stack);

    [LibraryImport(Name)]
    internal static partial nint OPENSSL_sk_value(nint stack, int index);

    [LibraryImport(Name)]
    internal static partial void OPENSSL_sk_free(nint stack);
}
