using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Identity;

/// <summary>
/// Issues X.509 certificates that name a SPIFFE id. Safe on any thread. It certifies whom the caller has authenticated
/// and nothing that a request merely asks for.
/// </summary>
/// <remarks>Leaves follow the X509-SVID specification: exactly one URI name, no authority, digital signature, client and server.</remarks>
public sealed class CertificateAuthority : IDisposable
{
    private const int SerialBytes = 16;

    private readonly X509Certificate2 _certificate;
    private readonly AsymmetricAlgorithm _key;
    private readonly X509SignatureGenerator _signer;
    private readonly HashAlgorithmName _hash;
    private readonly IReadOnlyList<string> _upperChain;
    private readonly AuthorityOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _signing = new();

    internal CertificateAuthority(
        X509Certificate2 certificate,
        AsymmetricAlgorithm key,
        IReadOnlyList<X509Certificate2> upperChain,
        TrustBundle bundle,
        AuthorityOptions options,
        TimeProvider time)
    {
        _certificate = certificate;
        _key = key;
        (_signer, _hash) = key switch
        {
            ECDsa { KeySize: > 256 } ec => (X509SignatureGenerator.CreateForECDsa(ec), HashAlgorithmName.SHA384),
            ECDsa ec => (X509SignatureGenerator.CreateForECDsa(ec), HashAlgorithmName.SHA256),
            RSA rsa => (X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1), HashAlgorithmName.SHA256),
            _ => throw new IdentityException("The authority's key is neither ECDSA nor RSA."),
        };
        _upperChain = [.. upperChain.Select(c => c.ExportCertificatePem() + "\n")];
        Bundle = bundle;
        _options = options;
        _time = time;
    }

    /// <summary>What peers must trust to accept this authority's certificates.</summary>
    public TrustBundle Bundle { get; }

    /// <summary>When the authority's own certificate ends; no leaf outlives it.</summary>
    public DateTimeOffset NotAfter => new(_certificate.NotAfter.ToUniversalTime());

    /// <summary>Makes an authority with a root of its own: ECDSA P-256.</summary>
    /// <param name="trustDomain">Named in the root's subject, for people.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">Lifetimes; null for <see cref="AuthorityOptions.Default"/>.</param>
    public static CertificateAuthority CreateSelfSigned(string trustDomain, TimeProvider time, AuthorityOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(trustDomain);
        ArgumentNullException.ThrowIfNull(time);
        options ??= AuthorityOptions.Default;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(trustDomain);
        subject.AddCommonName("Weft root");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = time.GetUtcNow();
        using var withKey = request.CreateSelfSigned(now - options.ClockSkew, now + options.RootLife);
        var root = X509CertificateLoader.LoadCertificate(withKey.RawData);
        return new CertificateAuthority(root, key, [root], TrustBundle.Of([root]), options, time);
    }

    /// <summary>Certifies the key of a request for an identity that the caller has authenticated.</summary>
    /// <param name="requestPem">A PKCS#10 request in PEM.</param>
    /// <param name="identity">Whom the sender has proven to be.</param>
    /// <param name="life">How long it should live; null or not positive for the default, capped at the maximum.</param>
    /// <returns>The chain, or why the request is refused.</returns>
    public IssuedCertificate Issue(string requestPem, SpiffeId identity, TimeSpan? life = null)
    {
        ArgumentNullException.ThrowIfNull(requestPem);
        ArgumentNullException.ThrowIfNull(identity);
        return SigningRequest.TryRead(requestPem, identity, out var key, out var error)
            ? Sign(key, identity, life)
            : IssuedCertificate.Refused(error);
    }

    /// <summary>Certifies a key that the caller made itself, such as the control plane's own.</summary>
    /// <param name="key">The public key.</param>
    /// <param name="identity">The identity.</param>
    /// <param name="life">As in <see cref="Issue"/>.</param>
    /// <param name="dnsNames">DNS names and IP addresses beside the identity: for a server that clients call by them.</param>
    public IssuedCertificate IssueFor(ECDsa key, SpiffeId identity, TimeSpan? life = null, params IReadOnlyList<string> dnsNames)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(identity);
        return Sign(new PublicKey(key), identity, life, dnsNames);
    }

    /// <summary>The authority's certificate as PEM.</summary>
    public string ExportCertificatePem() => _certificate.ExportCertificatePem() + "\n";

    /// <summary>The authority's private key as PKCS#8 PEM: whoever has it can be anyone in the mesh.</summary>
    public string ExportKeyPem() => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private IssuedCertificate Sign(PublicKey key, SpiffeId identity, TimeSpan? life, IReadOnlyList<string>? dnsNames = null)
    {
        var now = _time.GetUtcNow();
        if (now >= NotAfter)
        {
            return IssuedCertificate.Refused($"The authority's own certificate ended at {NotAfter:u}: renew it.");
        }

        var wanted = life is { } asked && asked > TimeSpan.Zero ? asked : _options.DefaultLeafLife;
        var notAfter = now + (wanted < _options.MaxLeafLife ? wanted : _options.MaxLeafLife);
        notAfter = notAfter < NotAfter ? notAfter : NotAfter;
        var notBefore = now - _options.ClockSkew;
        var start = new DateTimeOffset(_certificate.NotBefore.ToUniversalTime());
        notBefore = notBefore > start ? notBefore : start;

        var request = new CertificateRequest(new X500DistinguishedName(""), key, _hash);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(identity.ToString()));
        foreach (var name in dnsNames ?? [])
        {
            if (System.Net.IPAddress.TryParse(name, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(name);
            }
        }

        // The subject is empty, so the name must be critical (RFC 5280, 4.2.1.6).
        request.CertificateExtensions.Add(names.Build(critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        var usage = key.GetRSAPublicKey() is null ? X509KeyUsageFlags.DigitalSignature : X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment;
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));

        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        lock (_signing)
        {
            using var leaf = request.Create(_certificate.SubjectName, _signer, notBefore, notAfter, serial);
            return IssuedCertificate.Of([leaf.ExportCertificatePem() + "\n", .. _upperChain], new DateTimeOffset(leaf.NotAfter.ToUniversalTime()));
        }
    }
}
