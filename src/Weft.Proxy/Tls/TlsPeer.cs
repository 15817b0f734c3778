using System.Buffers;
using System.Security.Cryptography;
using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls;

/// <summary>
/// Facts of the certificate that a peer showed, made once per connection for access control, X-Forwarded-Client-Cert and logs. Immutable;
/// verified if and only if the context has a peer policy.
/// </summary>
public sealed class TlsPeer
{
    private const string SpiffeScheme = "spiffe://";
    private static readonly SearchValues<char> s_domainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");
    private static readonly SearchValues<char> s_pathCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    private readonly byte[] der;
    private string? pem;

    internal TlsPeer(nint certificate, bool verified)
    {
        IsVerified = verified;
        Names = X509Reader.Names(certificate);
        Subject = X509Reader.Subject(certificate);
        der = X509Reader.Der(certificate);
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(der));
        SpiffeId = verified && Names.Uris.Count == 1 && TryGetTrustDomain(Names.Uris[0], out _) ? Names.Uris[0] : null;
    }

    /// <summary>Whether the certificate passed a peer policy. Without one it is only what the peer claims.</summary>
    public bool IsVerified { get; }

    /// <summary>The SPIFFE id, when the certificate is verified and has exactly one URI name that is one; else null.</summary>
    public string? SpiffeId { get; }

    /// <summary>All names.</summary>
    public PeerNames Names { get; }

    /// <summary>The subject in RFC 2253 form.</summary>
    public string Subject { get; }

    /// <summary>Lower-case hex SHA-256 of the certificate.</summary>
    public string Sha256 { get; }

    /// <summary>The certificate in DER; owned by this object.</summary>
    public ReadOnlyMemory<byte> Der => der;

    /// <summary>The certificate as PEM text, made when first asked for.</summary>
    public string Pem => pem ??= PemEncoding.WriteString("CERTIFICATE", der) + "\n";

    /// <summary>
    /// The trust domain of a well-formed SPIFFE id: scheme in lower case, a domain of a-z 0-9 . - _ of at most 255 bytes, a path without empty or dot
    /// segments, at most 2048 bytes in all (SPIFFE-ID 2).
    /// </summary>
    internal static bool TryGetTrustDomain(string uri, out string trustDomain)
    {
        trustDomain = "";
        if (uri.Length > 2048 || !uri.StartsWith(SpiffeScheme, StringComparison.Ordinal))
            return false;
        ReadOnlySpan<char> rest = uri.AsSpan(SpiffeScheme.Length);
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> domain = slash < 0 ? rest : rest[..slash];
        if (domain.IsEmpty || domain.Length > 255 || domain.ContainsAnyExcept(s_domainCharacters))
            return false;
        if (slash >= 0)
        {
            ReadOnlySpan<char> path = rest[(slash + 1)..];
            foreach (Range segment in path.Split('/'))
            {
                ReadOnlySpan<char> name = path[segment];
                if (name.IsEmpty || name is "." or ".." || name.ContainsAnyExcept(s_pathCharacters))
                    return false;
            }
        }

        trustDomain = domain.ToString();
        return true;
    }
}
