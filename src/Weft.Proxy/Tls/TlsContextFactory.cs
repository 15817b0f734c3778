using System.Security.Cryptography;
using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Tls.Native;

namespace Weft.Proxy.Tls;

/// <summary>
/// Makes contexts from models, and shares between them what is equal by content: one SSL_CTX per set of certificates and parameters, one store per trust bundle.
/// One per process; thread-safe, meant for the configuration side, not for workers.
/// </summary>
/// <param name="openSslRecords">True leaves the records of TLS 1.3 to OpenSSL, as those of TLS 1.2 always are; else sessions protect them themselves where they can.</param>
public sealed class TlsContextFactory(bool openSslRecords = false)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, WeakReference<SslCore>> cores = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WeakReference<TrustStore>> stores = new(StringComparer.Ordinal);

    /// <summary>Makes the accepting side. Throws <see cref="TlsConfigurationException"/> for material that cannot work.</summary>
    public TlsServerContext CreateServer(TlsServerModel model)
    {
        if (model.Certificates.Count == 0)
            throw new TlsConfigurationException("A TLS server needs a certificate, and none is given.");
        if (model.ClientCertificate == ClientCertificateMode.Required && model.Peer is null)
            throw new TlsConfigurationException("Client certificates are required, but there is no trust bundle to check them with.");
        byte[] coreKey = CoreKey(server: true, model.Parameters, model.Certificates, model.SessionTickets, model.SessionLifetime, model.OcspStaplePolicy);
        byte[] fingerprint = Hash(writer =>
        {
            writer.Write(coreKey);
            writer.Write((int)model.ClientCertificate);
            Write(writer, model.Peer);
        });
        SslCore core = Share(cores, coreKey, () => new SslCore(true, model.Parameters, model.Certificates, model.SessionTickets, model.SessionLifetime, model.OcspStaplePolicy, !openSslRecords));
        return new TlsServerContext(model, core, Verifier(model.Peer), fingerprint);
    }

    /// <summary>Makes the connecting side. Throws <see cref="TlsConfigurationException"/> for material that cannot work.</summary>
    public TlsClientContext CreateClient(TlsClientModel model)
    {
        if (model.ServerName is { Length: > 255 })
            throw new TlsConfigurationException($"The server name has {model.ServerName.Length} characters; at most 255 can be sent.");
        IReadOnlyList<TlsCertificate> certificates = model.Certificate is null ? [] : [model.Certificate];
        byte[] coreKey = CoreKey(server: false, model.Parameters, certificates, model.Resumption, TimeSpan.Zero);
        SslCore core = Share(cores, coreKey, () => new SslCore(false, model.Parameters, certificates, model.Resumption, TimeSpan.Zero, ownRecords: !openSslRecords));
        return new TlsClientContext(model, core, Verifier(model.Peer));
    }

    private PeerVerifier? Verifier(TlsPeerPolicy? policy)
    {
        if (policy is null)
            return null;
        byte[] key = Hash(writer => Write(writer, policy.Trust));
        return new PeerVerifier(policy, Share(stores, key, () => new TrustStore(policy.Trust)));
    }

    private T Share<T>(Dictionary<string, WeakReference<T>> shared, byte[] key, Func<T> create)
        where T : class
    {
        string name = Convert.ToHexString(key);
        lock (gate)
        {
            if (shared.TryGetValue(name, out WeakReference<T>? known) && known.TryGetTarget(out T? existing))
                return existing;
            foreach (string dead in shared.Where(entry => !entry.Value.TryGetTarget(out _)).Select(entry => entry.Key).ToArray())
                shared.Remove(dead);
            T made = create();
            shared[name] = new WeakReference<T>(made);
            return made;
        }
    }

    private static byte[] CoreKey(bool server, TlsParameters parameters, IReadOnlyList<TlsCertificate> certificates, bool tickets, TimeSpan lifetime, OcspStaplePolicy staplePolicy = OcspStaplePolicy.Lenient) => Hash(writer =>
    {
        writer.Write(server);
        writer.Write((int)staplePolicy);
        writer.Write((int)parameters.Minimum);
        writer.Write((int)parameters.Maximum);
        Write(writer, parameters.CipherSuites);
        Write(writer, parameters.Groups);
        writer.Write(tickets);
        writer.Write(lifetime.Ticks);
        writer.Write(certificates.Count);
        foreach (TlsCertificate certificate in certificates)
        {
            Write(writer, certificate.Chain);
            Write(writer, certificate.PrivateKey);
            writer.Write(certificate.Password ?? "");
            Write(writer, certificate.OcspStaple);
        }
    });

    private static void Write(BinaryWriter writer, TlsPeerPolicy? policy)
    {
        writer.Write(policy is not null);
        if (policy is null)
            return;
        Write(writer, policy.Trust);
        writer.Write(policy.RequireSpiffe);
        writer.Write(policy.AllowedNames.Count);
        foreach (SanMatcher matcher in policy.AllowedNames)
        {
            writer.Write((int)matcher.Type);
            writer.Write((int)matcher.Mode);
            writer.Write(matcher.IgnoreCase);
            writer.Write(matcher.Value);
        }

        writer.Write(policy.HostName ?? "");
        writer.Write(policy.AllowExpired);
        writer.Write(policy.MaxDepth);
        Write(writer, policy.CertificateHashes);
        Write(writer, policy.PublicKeyHashes);
    }

    private static void Write(BinaryWriter writer, TlsTrust trust)
    {
        writer.Write(trust.AuthoritiesByTrustDomain.Count);
        foreach ((string domain, ReadOnlyMemory<byte> authorities) in trust.AuthoritiesByTrustDomain.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            writer.Write(domain);
            Write(writer, authorities);
        }

        Write(writer, trust.RevocationLists);
        writer.Write(trust.RevocationOfLeafOnly);
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<string> texts)
    {
        writer.Write(texts.Count);
        foreach (string text in texts)
            writer.Write(text);
    }

    private static void Write(BinaryWriter writer, ReadOnlyMemory<byte> bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes.Span);
    }

    private static byte[] Hash(Action<BinaryWriter> write)
    {
        using MemoryStream content = new();
        using (BinaryWriter writer = new(content, Encoding.UTF8, leaveOpen: true))
            write(writer);
        byte[] hash = SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length));
        // Private keys went through this buffer.
        CryptographicOperations.ZeroMemory(content.GetBuffer());
        return hash;
    }
}
