using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Weft.Identity;

/// <summary>The root certificates of a trust domain: what a peer's certificate must lead to. Immutable.</summary>
public sealed class TrustBundle
{
    /// <summary>The most bytes of PEM that are read.</summary>
    public const int MaxPemBytes = 1 << 20;

    private readonly X509Certificate2[] _roots;

    private TrustBundle(X509Certificate2[] roots) => _roots = roots;

    /// <summary>The roots, each once, in the order in which they were given. The bundle keeps them; do not dispose them.</summary>
    public IReadOnlyList<X509Certificate2> Roots => _roots;

    /// <summary>Makes a bundle.</summary>
    /// <param name="roots">At least one root; those that are there twice are kept once.</param>
    public static TrustBundle Of(IEnumerable<X509Certificate2> roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        var distinct = roots.DistinctBy(r => r.Thumbprint).ToArray();
        return distinct.Length > 0
            ? new TrustBundle(distinct)
            : throw new IdentityException("A trust bundle needs at least one root certificate.");
    }

    /// <summary>Reads a bundle from PEM text.</summary>
    /// <param name="pem">One or more certificates.</param>
    /// <exception cref="IdentityException">There is none, or one cannot be read.</exception>
    public static TrustBundle FromPem(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        return Of(PemCertificates.Read(pem, MaxPemBytes, "the trust bundle"));
    }

    /// <summary>All roots as PEM.</summary>
    public string ToPem()
    {
        var text = new StringBuilder();
        foreach (var root in _roots)
        {
            text.Append(root.ExportCertificatePem()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The bundle with the roots of another: while a root is replaced, both are trusted.</summary>
    /// <param name="other">The other bundle.</param>
    public TrustBundle With(TrustBundle other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Of(_roots.Concat(other._roots));
    }

    /// <summary>Whether a leaf with its intermediates leads to one of the roots and is valid at a moment.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="intermediates">What the peer sent beside it.</param>
    /// <param name="when">The moment.</param>
    public bool Verifies(X509Certificate2 leaf, IEnumerable<X509Certificate2> intermediates, DateTimeOffset when)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        ArgumentNullException.ThrowIfNull(intermediates);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_roots);
        chain.ChainPolicy.ExtraStore.AddRange(intermediates.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = when.UtcDateTime;
        try
        {
            return chain.Build(leaf);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
