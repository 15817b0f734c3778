using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Weft.Control.Discovery.Translation.Tls;
using KubernetesSecret = Kubernetes.Core.V1.Secret;

namespace Weft.Control.Discovery.Translation.Secrets;

/// <summary>
/// Credentials of gateways as SDS resources: <c>kubernetes://name</c> from the proxy's own namespace, <c>…-cacert</c> for the trusted
/// certificates. Source: Istio's secret controller (keys tls.crt/tls.key, cert/key, tls.ocsp-staple; ca.crt, cacert; ca.crl, crl).
/// </summary>
internal static class Credentials
{
    private const string CaSuffix = "-cacert";

    /// <summary>The secrets of these names that exist and are complete; a missing one is simply not sent, and its server waits.</summary>
    public static IEnumerable<Secret> Build(ProxyContext context, IEnumerable<string> names)
    {
        foreach (string name in names.Distinct().Order(StringComparer.Ordinal))
        {
            if (name.StartsWith(SecretReferences.CredentialPrefix, StringComparison.Ordinal) && Find(context, name) is { } secret)
                yield return secret;
        }
    }

    private static Secret? Find(ProxyContext context, string resourceName)
    {
        string name = resourceName[SecretReferences.CredentialPrefix.Length..];
        string ns = context.Proxy.Namespace;
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            // A proxy may not ask for another namespace's keys.
            if (name[..slash] != ns)
                return null;
            name = name[(slash + 1)..];
        }

        var secrets = context.Snapshot.Secrets;
        if (!name.EndsWith(CaSuffix, StringComparison.Ordinal))
            return secrets.TryGetValue($"{ns}/{name}", out KubernetesSecret? pair) ? Certificate(resourceName, pair) : null;
        if (secrets.TryGetValue($"{ns}/{name}", out KubernetesSecret? own) && Roots(resourceName, own) is { } roots)
            return roots;
        return secrets.TryGetValue($"{ns}/{name[..^CaSuffix.Length]}", out KubernetesSecret? shared) ? Roots(resourceName, shared) : null;
    }

    private static Secret? Certificate(string resourceName, KubernetesSecret secret)
    {
        ByteString? chain = Value(secret, "tls.crt") ?? Value(secret, "cert");
        ByteString? key = Value(secret, "tls.key") ?? Value(secret, "key");
        if (chain is null || key is null)
            return null;
        return new Secret
        {
            Name = resourceName,
            TlsCertificate = new TlsCertificate
            {
                CertificateChain = new DataSource { InlineBytes = chain },
                PrivateKey = new DataSource { InlineBytes = key },
                OcspStaple = Value(secret, "tls.ocsp-staple") is { IsEmpty: false } staple ? new DataSource { InlineBytes = staple } : null,
            },
        };
    }

    private static Secret? Roots(string resourceName, KubernetesSecret secret)
    {
        if ((Value(secret, "ca.crt") ?? Value(secret, "cacert")) is not { } roots)
            return null;
        return new Secret
        {
            Name = resourceName,
            ValidationContext = new CertificateValidationContext
            {
                TrustedCa = new DataSource { InlineBytes = roots },
                Crl = (Value(secret, "ca.crl") ?? Value(secret, "crl")) is { IsEmpty: false } list ? new DataSource { InlineBytes = list } : null,
            },
        };
    }

    private static ByteString? Value(KubernetesSecret secret, string key)
    {
        if (secret.Data.TryGetValue(key, out ByteString? bytes))
            return bytes;
        return secret.StringData.TryGetValue(key, out string? text) ? ByteString.CopyFromUtf8(text) : null;
    }
}
