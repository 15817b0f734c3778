using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Type.Matcher.V3;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Translation.Tls;

/// <summary>TLS from a proxy to a service: mutual TLS of the mesh, or what a DestinationRule asks for.</summary>
internal static class UpstreamTls
{
    /// <summary>Mutual TLS with the workload's own identity.</summary>
    /// <param name="serverName">The SNI: <c>outbound_.port_.subset_.host</c> unless the user says otherwise.</param>
    /// <param name="identities">The SPIFFE ids that may answer; none means any of the mesh.</param>
    /// <param name="protocol">The port's protocol: it decides the ALPN list by which the peer tells mesh traffic apart.</param>
    /// <param name="http2">The cluster speaks HTTP/2.</param>
    /// <param name="mesh">The mesh's own settings.</param>
    public static UpstreamTlsContext Mutual(string serverName, IEnumerable<string> identities, PortProtocol protocol, bool http2, MeshDefaultsInForce mesh)
    {
        CommonTlsContext common = new()
        {
            TlsParams = TlsParameterSets.MeshClient(mesh.Config.MeshMTLS),
            TlsCertificateSdsSecretConfigs = { SecretReferences.Local(SecretReferences.WorkloadCertificate) },
            CombinedValidationContext = new CommonTlsContext.Types.CombinedCertificateValidationContext
            {
                DefaultValidationContext = Matching(identities),
                ValidationContextSdsSecretConfig = SecretReferences.Local(SecretReferences.MeshRoot),
            },
        };
        common.AlpnProtocols.AddRange(MeshProtocols(protocol, http2));
        return new UpstreamTlsContext { CommonTlsContext = common, Sni = serverName };
    }

    /// <summary>Tunnels to workloads of the trust domain. Which of them it must be is each endpoint's own matter: its metadata says it.</summary>
    public static UpstreamTlsContext Hbone(string trustDomain) => new()
    {
        CommonTlsContext = new CommonTlsContext
        {
            TlsParams = HboneParameters(),
            TlsCertificateSdsSecretConfigs = { SecretReferences.Local(SecretReferences.WorkloadCertificate) },
            CombinedValidationContext = new CommonTlsContext.Types.CombinedCertificateValidationContext
            {
                DefaultValidationContext = new CertificateValidationContext { MatchSubjectAltNames = { new StringMatcher { Prefix = $"spiffe://{trustDomain}/" } } },
                ValidationContextSdsSecretConfig = SecretReferences.Local(SecretReferences.MeshRoot),
            },
            AlpnProtocols = { "h2" },
        },
    };

    /// <summary>TLS 1.3 and no other.</summary>
    public static TlsParameters HboneParameters() => new()
    {
        TlsMinimumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv13,
        TlsMaximumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv13,
    };

    /// <summary>SIMPLE or MUTUAL as the user configured it; null for DISABLE and for MUTUAL without a certificate.</summary>
    public static UpstreamTlsContext? FromSettings(ClientTLSSettings tls, IEnumerable<string> fallbackNames, bool http2, MeshDefaultsInForce mesh)
    {
        if (tls.Mode is not (ClientTLSSettings.Types.TLSmode.Simple or ClientTLSSettings.Types.TLSmode.Mutual))
            return null;
        bool mutual = tls.Mode == ClientTLSSettings.Types.TLSmode.Mutual;
        CommonTlsContext common = new() { TlsParams = TlsParameterSets.Client(mesh.Config.TlsDefaults) };
        IEnumerable<string> names = tls.SubjectAltNames.Count > 0 ? tls.SubjectAltNames : fallbackNames;
        if (tls.CredentialName.Length > 0)
        {
            if (mutual)
                common.TlsCertificateSdsSecretConfigs.Add(SecretReferences.Credential(tls.CredentialName));
            ValidateBy(common, tls, names, SecretReferences.Credential(tls.CredentialName + "-cacert"));
        }
        else
        {
            if (mutual)
            {
                if (tls.ClientCertificate.Length == 0 || tls.PrivateKey.Length == 0)
                    return null;
                common.TlsCertificateSdsSecretConfigs.Add(SecretReferences.FileCertificate(tls.ClientCertificate, tls.PrivateKey));
            }

            ValidateBy(common, tls, names, SecretReferences.FileRoot(tls.CaCertificates.Length > 0 ? tls.CaCertificates : "system"));
        }

        if (http2)
            common.AlpnProtocols.Add("h2");
        return new UpstreamTlsContext { CommonTlsContext = common, Sni = tls.Sni };
    }

    /// <summary>Names that a certificate must show one of, matched exactly.</summary>
    public static CertificateValidationContext Matching(IEnumerable<string> names)
    {
        CertificateValidationContext context = new();
        context.MatchSubjectAltNames.AddRange(names.Select(name => new StringMatcher { Exact = name }));
        return context;
    }

    private static void ValidateBy(CommonTlsContext common, ClientTLSSettings tls, IEnumerable<string> names, SdsSecretConfig roots)
    {
        if (tls.InsecureSkipVerify == true)
        {
            common.ValidationContext = new CertificateValidationContext();
            return;
        }

        CertificateValidationContext matching = Matching(names);
        if (tls.CaCrl.Length > 0)
            matching.Crl = new Envoy.Config.Core.V3.DataSource { Filename = tls.CaCrl };
        common.CombinedValidationContext = new CommonTlsContext.Types.CombinedCertificateValidationContext
        {
            DefaultValidationContext = matching,
            ValidationContextSdsSecretConfig = roots,
        };
    }

    // Istio leaves the HTTP names to its ALPN filter, which rewrites the list for each request. Here the cluster of an HTTP port
    // carries them itself: the peer's sniffing port then takes the connection as HTTP.
    private static string[] MeshProtocols(PortProtocol protocol, bool http2)
    {
        if (http2)
            return ["istio-h2", "istio-peer-exchange", "istio", "h2"];
        return protocol.IsHttp() ? ["istio-http/1.1", "istio-peer-exchange", "istio"] : ["istio-peer-exchange", "istio"];
    }
}
