using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Identity;

namespace Weft.Control.Authority;

/// <summary>The control plane's own certificate for its TLS port, made anew at half its life. Thread-safe.</summary>
/// <param name="authority">Who signs it.</param>
/// <param name="identity">The control plane's own identity.</param>
/// <param name="address">The IP address that proxies dial.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerCertificate(CertificateAuthority authority, SpiffeId identity, string address, TimeProvider time) : IDisposable
{
    // The names that Istio's proxies know the control plane by, and this machine's.
    private static readonly string[] Names = ["istiod.istio-system.svc", "istiod.istio-system.svc.cluster.local", "istiod", "localhost"];

    private readonly Lock _lock = new();
    private X509Certificate2? _current;
    private DateTimeOffset _renewAt;

    /// <summary>The certificate to show now, with its key.</summary>
    public X509Certificate2 Get()
    {
        lock (_lock)
        {
            if (_current is null || time.GetUtcNow() >= _renewAt)
                Renew();
            return _current!;
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _current?.Dispose();
    }

    private void Renew()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        IssuedCertificate issued = authority.IssueFor(key, identity, null, [.. Names, address]);
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(issued.ChainPem[0]);
        using X509Certificate2 withKey = leaf.CopyWithPrivateKey(key);
        DateTimeOffset now = time.GetUtcNow();
        // The one before may still be in a handshake: it is left to the collector.
        _current = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
        _renewAt = now + ((issued.NotAfter - now) / 2);
    }
}
