using Envoy.Extensions.TransportSockets.Tls.V3;
using Istio.Networking.V1Alpha3;
using MeshTls = Istio.Mesh.V1Alpha1.MeshConfig.Types.TLSConfig;

namespace Weft.Control.Discovery.Translation.Tls;

/// <summary>
/// Versions, cipher suites and curves: those of the mesh's own mutual TLS (<c>meshMTLS</c>), those of all other TLS (<c>tlsDefaults</c>), and those of one Gateway's server.
/// Suites that OpenSSL does not have any more, or that are not suites, are left out as Istio leaves out what Envoy does not know; validation says so.
/// </summary>
internal static class TlsParameterSets
{
    // Istio's list: forward secrecy and authenticated encryption only.
    private static readonly string[] s_meshCiphers =
    [
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    ];

    /// <summary>What may be asked for by name: Istio's list without DES-CBC3-SHA.</summary>
    private static readonly HashSet<string> s_known = new(StringComparer.Ordinal)
    {
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA",
        "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA",
    };

    /// <summary>The accepting side of mutual TLS in the mesh.</summary>
    public static TlsParameters MeshServer(MeshTls? mesh)
    {
        TlsParameters parameters = MeshClient(mesh);
        if (parameters.CipherSuites.Count == 0)
            parameters.CipherSuites.AddRange(s_meshCiphers);
        return parameters;
    }

    /// <summary>The connecting side of mutual TLS in the mesh.</summary>
    public static TlsParameters MeshClient(MeshTls? mesh)
    {
        TlsParameters parameters = new()
        {
            TlsMinimumProtocolVersion = mesh?.MinProtocolVersion == MeshTls.Types.TLSProtocol.Tlsv13 ? TlsParameters.Types.TlsProtocol.Tlsv13 : TlsParameters.Types.TlsProtocol.Tlsv12,
            TlsMaximumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv13,
        };
        AddAlgorithms(parameters, mesh?.CipherSuites, mesh?.EcdhCurves);
        return parameters;
    }

    /// <summary>TLS towards services outside of the mesh's own.</summary>
    public static TlsParameters Client(MeshTls? defaults)
    {
        TlsParameters parameters = new()
        {
            TlsMinimumProtocolVersion = Minimum(defaults),
            TlsMaximumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv13,
        };
        AddAlgorithms(parameters, defaults?.CipherSuites, defaults?.EcdhCurves);
        return parameters;
    }

    /// <summary>A Gateway's server: what it says itself, else the mesh's defaults; null when neither says anything.</summary>
    public static TlsParameters? Server(ServerTLSSettings tls, MeshTls? defaults)
    {
        TlsParameters parameters = new()
        {
            TlsMinimumProtocolVersion = Version(tls.MinProtocolVersion),
            TlsMaximumProtocolVersion = Version(tls.MaxProtocolVersion),
        };
        if (tls.MinProtocolVersion == ServerTLSSettings.Types.TLSProtocol.TlsAuto && defaults?.MinProtocolVersion == MeshTls.Types.TLSProtocol.Tlsv13)
            parameters.TlsMinimumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv13;
        AddAlgorithms(parameters, Suites(tls.CipherSuites).Any() ? tls.CipherSuites : defaults?.CipherSuites, tls.EcdhCurves.Count > 0 ? tls.EcdhCurves : defaults?.EcdhCurves);
        return parameters.Equals(new TlsParameters()) ? null : parameters;
    }

    private static TlsParameters.Types.TlsProtocol Minimum(MeshTls? defaults) =>
        defaults?.MinProtocolVersion == MeshTls.Types.TLSProtocol.Tlsv13 ? TlsParameters.Types.TlsProtocol.Tlsv13 : TlsParameters.Types.TlsProtocol.Tlsv12;

    private static void AddAlgorithms(TlsParameters parameters, IEnumerable<string>? suites, IEnumerable<string>? curves)
    {
        parameters.CipherSuites.AddRange(Suites(suites));
        parameters.EcdhCurves.AddRange(curves ?? []);
    }

    private static IEnumerable<string> Suites(IEnumerable<string>? suites) => (suites ?? []).Where(s_known.Contains).Distinct();

    // TLS 1.0 and 1.1 are broken, and the proxy does not speak them: whoever allows them gets 1.2.
    private static TlsParameters.Types.TlsProtocol Version(ServerTLSSettings.Types.TLSProtocol version) => version switch
    {
        ServerTLSSettings.Types.TLSProtocol.TlsAuto => TlsParameters.Types.TlsProtocol.TlsAuto,
        ServerTLSSettings.Types.TLSProtocol.Tlsv13 => TlsParameters.Types.TlsProtocol.Tlsv13,
        _ => TlsParameters.Types.TlsProtocol.Tlsv12,
    };
}
