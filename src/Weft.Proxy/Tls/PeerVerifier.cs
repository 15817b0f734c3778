using System.Net;
using System.Security.Cryptography;
using System.Text;
using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls;

/// <summary>
/// Judges a peer's certificate by a <see cref="TlsPeerPolicy"/>: names, trust domain, chain, purpose, allow-list. The same judgement is made in full
/// handshakes and before a session is resumed. Immutable and thread-safe.
/// </summary>
internal sealed unsafe class PeerVerifier(TlsPeerPolicy policy, TrustStore trust)
{
    private const int UnspecifiedError = 1;
    private const int ApplicationError = 50;

    /// <param name="leaf">X509* of the peer.</param>
    /// <param name="untrusted">STACK_OF(X509)* that the peer sent, or zero.</param>
    /// <param name="peerIsClient">Whether the peer is the client of the connection.</param>
    /// <param name="error">OpenSSL's X509_V_ERR_ code, from which it derives the alert.</param>
    internal PeerVerdict Verify(nint leaf, nint untrusted, bool peerIsClient, out int error)
    {
        error = ApplicationError;
        PeerNames names = X509Reader.Names(leaf);
        if (names.HasMalformed)
            return new(TlsFailure.IdentityMalformed, "The peer's certificate has a malformed subject alternative name (control characters, an empty name, or several such extensions).");

        string trustDomain = "";
        if (policy.RequireSpiffe)
        {
            PeerVerdict identity = CheckSpiffe(leaf, names, out trustDomain);
            if (identity.Failure != TlsFailure.None)
                return identity;
        }

        nint store = trust.For(trustDomain);
        if (store == 0)
            return new(TlsFailure.IdentityForeignTrustDomain, $"The peer '{names.Uris[0]}' belongs to trust domain '{trustDomain}', for which no trust bundle is configured.");
        PeerVerdict chain = CheckChain(store, leaf, untrusted, peerIsClient, names, out error);
        if (chain.Failure != TlsFailure.None)
            return chain;
        error = ApplicationError;
        return CheckAllowed(leaf, names);
    }

    private static PeerVerdict CheckSpiffe(nint leaf, PeerNames names, out string trustDomain)
    {
        trustDomain = "";
        if (names.Uris.Count != 1)
            return new(TlsFailure.IdentityMalformed, $"The peer's certificate has {names.Uris.Count} URI names; a SPIFFE certificate has exactly one.");
        if (!TlsPeer.TryGetTrustDomain(names.Uris[0], out trustDomain))
            return new(TlsFailure.IdentityMalformed, $"The peer's URI name '{names.Uris[0]}' is not a SPIFFE id.");
        if (LibCrypto.X509_check_ca(leaf) != 0)
            return new(TlsFailure.CertificatePurpose, $"The peer '{names.Uris[0]}' shows the certificate of an authority; a workload's certificate must not be one.");
        return default;
    }

    private PeerVerdict CheckChain(nint store, nint leaf, nint untrusted, bool peerIsClient, PeerNames names, out int error)
    {
        error = UnspecifiedError;
        nint context = LibCrypto.X509_STORE_CTX_new();
        try
        {
            if (context == 0
                || LibCrypto.X509_STORE_CTX_init(context, store, leaf, untrusted) != 1
                || LibCrypto.X509_STORE_CTX_set_purpose(context, peerIsClient ? LibCrypto.PurposeTlsClient : LibCrypto.PurposeTlsServer) != 1)
            {
                return new(TlsFailure.CertificateUntrusted, "OpenSSL could not begin to verify the peer's certificate.");
            }

            ulong flags = LibCrypto.VerifyPartialChain;
            if (policy.AllowExpired)
                flags |= LibCrypto.VerifyNoTime;
            if (trust.HasRevocationLists)
                flags |= trust.RevocationOfLeafOnly ? LibCrypto.VerifyCrl : LibCrypto.VerifyCrl | LibCrypto.VerifyCrlAll;
            LibCrypto.X509_STORE_CTX_set_flags(context, (nuint)flags);
            LibCrypto.X509_STORE_CTX_set_depth(context, policy.MaxDepth);
            if (LibCrypto.X509_verify_cert(context) == 1)
                return default;
            error = LibCrypto.X509_STORE_CTX_get_error(context);
            string reason = OpenSslErrors.Text(LibCrypto.X509_verify_cert_error_string(error));
            return new(Classify(error), $"The certificate of {Describe(leaf, names)} does not verify: {reason}.");
        }
        finally
        {
            LibCrypto.X509_STORE_CTX_free(context);
            LibCrypto.ERR_clear_error();
        }
    }

    private PeerVerdict CheckAllowed(nint leaf, PeerNames names)
    {
        if (policy.AllowedNames.Count > 0 && !policy.AllowedNames.Any(matcher => matcher.Matches(names)))
            return new(TlsFailure.IdentityNotAllowed, $"{Describe(leaf, names)} is none of the allowed peers ({string.Join(", ", policy.AllowedNames.Take(5).Select(m => $"{m.Mode} '{m.Value}'"))}).");
        if (policy.HostName is { Length: > 0 } host && !IsFor(leaf, host))
            return new(TlsFailure.IdentityNotAllowed, $"The certificate of {Describe(leaf, names)} is not for '{host}'.");
        return CheckPins(leaf, names);
    }

    /// <summary>Either kind of pin suffices, as in Envoy.</summary>
    private PeerVerdict CheckPins(nint leaf, PeerNames names)
    {
        if (policy.CertificateHashes.Count + policy.PublicKeyHashes.Count == 0)
            return default;
        string hash = Convert.ToHexStringLower(SHA256.HashData(X509Reader.Der(leaf)));
        if (policy.CertificateHashes.Contains(hash, StringComparer.OrdinalIgnoreCase))
            return default;
        string key = Convert.ToBase64String(SHA256.HashData(X509Reader.PublicKey(leaf)));
        return policy.PublicKeyHashes.Contains(key, StringComparer.Ordinal)
            ? default
            : new(TlsFailure.CertificateNotPinned, $"The certificate of {Describe(leaf, names)} has the SHA-256 hash {hash} and a public key with the hash {key}, neither of which is among the pinned ones.");
    }

    private static bool IsFor(nint leaf, string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            fixed (byte* bytes = address.GetAddressBytes())
                return LibCrypto.X509_check_ip(leaf, bytes, (nuint)(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4 : 16), 0) == 1;
        }

        byte[] name = Encoding.UTF8.GetBytes(host);
        fixed (byte* bytes = name)
            return LibCrypto.X509_check_host(leaf, bytes, (nuint)name.Length, LibCrypto.CheckNoPartialWildcards | LibCrypto.CheckNeverSubject, 0) == 1;
    }

    private static string Describe(nint leaf, PeerNames names) =>
        names.Uris.Count > 0 ? $"'{names.Uris[0]}'"
        : names.DnsNames.Count > 0 ? $"'{names.DnsNames[0]}'"
        : $"'{X509Reader.Subject(leaf)}'";

    /// <summary>X509_V_ERR_ codes as Weft's closed list of reasons.</summary>
    private static TlsFailure Classify(int error) => error switch
    {
        9 or 13 => TlsFailure.CertificateNotYetValid,
        10 or 14 => TlsFailure.CertificateExpired,
        3 or 11 or 12 or 23 or 33 or 54 => TlsFailure.CertificateRevoked,
        22 or 25 => TlsFailure.CertificateChainTooLong,
        26 => TlsFailure.CertificatePurpose,
        _ => TlsFailure.CertificateUntrusted,
    };
}
