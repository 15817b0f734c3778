using Envoy.Extensions.TransportSockets.Tls.V3;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Translation.Tls;

/// <summary>TLS that a listener ends: mutual TLS of the mesh on inbound ports, and a Gateway's servers.</summary>
internal static class DownstreamTls
{
    private static readonly string[] HttpProtocols = ["h2", "http/1.1"];
    private static readonly string[] TcpProtocols = ["istio-peer-exchange", "h2", "http/1.1"];

    /// <summary>An inbound port: the client must show a certificate of the mesh's trust domain.</summary>
    public static DownstreamTlsContext Mesh(bool http, MeshDefaultsInForce mesh)
    {
        CommonTlsContext common = new()
        {
            TlsParams = TlsParameterSets.MeshServer(mesh.Config.MeshMTLS),
            TlsCertificateSdsSecretConfigs = { SecretReferences.Local(SecretReferences.WorkloadCertificate) },
            CombinedValidationContext = new CommonTlsContext.Types.CombinedCertificateValidationContext
            {
                DefaultValidationContext = new CertificateValidationContext
                {
                    MatchSubjectAltNames = { new Envoy.Type.Matcher.V3.StringMatcher { Prefix = $"spiffe://{mesh.TrustDomain}/" } },
                },
                ValidationContextSdsSecretConfig = SecretReferences.Local(SecretReferences.MeshRoot),
            },
        };
        common.AlpnProtocols.AddRange(http ? HttpProtocols : TcpProtocols);
        return new DownstreamTlsContext { CommonTlsContext = common, RequireClientCertificate = true };
    }

    /// <summary>The port where HBONE ends: TLS 1.3 and HTTP/2, and the client must show a certificate of the mesh's trust domain.</summary>
    public static DownstreamTlsContext Hbone(MeshDefaultsInForce mesh)
    {
        DownstreamTlsContext context = Mesh(http: true, mesh);
        context.CommonTlsContext.TlsParams = UpstreamTls.HboneParameters();
        context.CommonTlsContext.AlpnProtocols.Clear();
        context.CommonTlsContext.AlpnProtocols.Add("h2");
        return context;
    }

    /// <summary>A Gateway's server that ends TLS.</summary>
    public static DownstreamTlsContext FromSettings(ServerTLSSettings tls, MeshDefaultsInForce mesh)
    {
        bool clientRequired = tls.Mode is ServerTLSSettings.Types.TLSmode.Mutual or ServerTLSSettings.Types.TLSmode.IstioMutual;
        bool validates = clientRequired || tls.Mode == ServerTLSSettings.Types.TLSmode.OptionalMutual;
        CommonTlsContext common = new();
        common.AlpnProtocols.AddRange(HttpProtocols);
        CertificateValidationContext matching = UpstreamTls.Matching(tls.SubjectAltNames);
        matching.VerifyCertificateHash.Add(tls.VerifyCertificateHash);
        matching.VerifyCertificateSpki.Add(tls.VerifyCertificateSpki);
        if (tls.CaCrl.Length > 0)
            matching.Crl = new Envoy.Config.Core.V3.DataSource { Filename = tls.CaCrl };

        SdsSecretConfig? roots = AddCertificates(common, tls);
        if (validates && roots is not null)
        {
            common.CombinedValidationContext = new CommonTlsContext.Types.CombinedCertificateValidationContext
            {
                DefaultValidationContext = matching,
                ValidationContextSdsSecretConfig = roots,
            };
        }

        common.TlsParams = tls.Mode == ServerTLSSettings.Types.TLSmode.IstioMutual
            ? TlsParameterSets.MeshServer(mesh.Config.MeshMTLS)
            : TlsParameterSets.Server(tls, mesh.Config.TlsDefaults);
        return new DownstreamTlsContext { CommonTlsContext = common, RequireClientCertificate = clientRequired };
    }

    // Exactly one source of certificates is given; validation has seen to it. Returns where the trusted roots come from.
    private static SdsSecretConfig? AddCertificates(CommonTlsContext common, ServerTLSSettings tls)
    {
        if (tls.Mode == ServerTLSSettings.Types.TLSmode.IstioMutual)
        {
            common.TlsCertificateSdsSecretConfigs.Add(SecretReferences.Local(SecretReferences.WorkloadCertificate));
            return SecretReferences.Local(SecretReferences.MeshRoot);
        }

        List<string> names = tls.CredentialName.Length > 0 ? [tls.CredentialName] : [.. tls.CredentialNames];
        if (names.Count > 0)
        {
            common.TlsCertificateSdsSecretConfigs.AddRange(names.Select(SecretReferences.Credential));
            return SecretReferences.Credential(tls.CaCertCredentialName.Length > 0 ? tls.CaCertCredentialName : names[0] + "-cacert");
        }

        if (tls.TlsCertificates.Count > 0)
        {
            common.TlsCertificateSdsSecretConfigs.AddRange(
                tls.TlsCertificates.Select(file => SecretReferences.FileCertificate(file.ServerCertificate, file.PrivateKey)));
            string roots = tls.TlsCertificates.Select(file => file.CaCertificates).FirstOrDefault(path => path.Length > 0) ?? tls.CaCertificates;
            return roots.Length > 0 ? SecretReferences.FileRoot(roots) : null;
        }

        common.TlsCertificateSdsSecretConfigs.Add(SecretReferences.FileCertificate(tls.ServerCertificate, tls.PrivateKey));
        return tls.CaCertificates.Length > 0 ? SecretReferences.FileRoot(tls.CaCertificates) : null;
    }
}
