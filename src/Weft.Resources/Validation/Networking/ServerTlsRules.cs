using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for TLS towards clients, at gateways and sidecars.</summary>
internal static class ServerTlsRules
{
    private const int MaxCertificates = 2;
    private static readonly string[] Curves = ["P-224", "P-256", "P-521", "P-384", "X25519", "X25519Kyber768Draft00", "X25519MLKEM768"];

    private static readonly string[] CipherSuites =
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA",
        "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA", "ALL",
    ];

    public static void Check(Scope at, ServerTLSSettings tls)
    {
        (string Field, bool IsSet)[] sources =
        [
            ("serverCertificate", tls.ServerCertificate.Length > 0 || tls.PrivateKey.Length > 0),
            ("credentialName", tls.CredentialName.Length > 0),
            ("credentialNames", tls.CredentialNames.Count > 0),
            ("tlsCertificates", tls.TlsCertificates.Count > 0),
        ];
        ValueRules.AtMostOne(at.Here(), sources);
        ValueRules.Limit(at["credentialNames"], tls.CredentialNames.Count, MaxCertificates, "certificates");
        ValueRules.Limit(at["tlsCertificates"], tls.TlsCertificates.Count, MaxCertificates, "certificates");
        ValueRules.NoEmptyItems(at["credentialNames"], tls.CredentialNames);
        (string Field, bool IsSet) source = sources.FirstOrDefault(s => s.IsSet);
        switch (tls.Mode)
        {
            case ServerTLSSettings.Types.TLSmode.Simple or ServerTLSSettings.Types.TLSmode.Mutual or ServerTLSSettings.Types.TLSmode.OptionalMutual:
                CheckCertificates(at, tls, source.Field);
                break;
            case ServerTLSSettings.Types.TLSmode.IstioMutual when source.Field is not null:
                at[source.Field].Report(TrafficDiagnostics.ServerTls, "is not allowed with mode ISTIO_MUTUAL: the mesh's own certificates are used.", "Remove it, or use mode SIMPLE or MUTUAL.");
                break;
            case ServerTLSSettings.Types.TLSmode.Passthrough or ServerTLSSettings.Types.TLSmode.AutoPassthrough when source.Field is not null:
                at[source.Field].Report(TrafficDiagnostics.ServerTlsIgnored, "is not used: with passthrough the service ends TLS itself.", "Remove it, or use mode SIMPLE.");
                break;
        }
        if (tls.CaCrl.Length > 0 && (tls.CredentialName.Length > 0 || tls.CredentialNames.Count > 0 || tls.Mode == ServerTLSSettings.Types.TLSmode.Simple))
            at["caCrl"].Report(TrafficDiagnostics.ServerTls, "is used only with files and client certificates.", "Put the list into the secret (key ca.crl), or use mode MUTUAL.");
        Versions(at, tls);
        Algorithms(at, tls);
    }

    private static void CheckCertificates(Scope at, ServerTLSSettings tls, string? source)
    {
        if (source is null)
        {
            at.Report(TrafficDiagnostics.ServerTls, "names no certificate.", "Write credentialName: my-secret, or serverCertificate and privateKey.");
            return;
        }
        bool asksClients = tls.Mode != ServerTLSSettings.Types.TLSmode.Simple;
        if (source == "serverCertificate")
        {
            Needed(at["serverCertificate"], tls.ServerCertificate);
            Needed(at["privateKey"], tls.PrivateKey);
            if (asksClients && tls.CaCertificates.Length == 0)
                at["caCertificates"].Report(TrafficDiagnostics.ServerTls, $"is required with mode {(tls.Mode == ServerTLSSettings.Types.TLSmode.Mutual ? "MUTUAL" : "OPTIONAL_MUTUAL")}.", "Name the file with the certificates of the clients' authority.");
        }
        for (int i = 0; i < tls.TlsCertificates.Count; i++)
        {
            Needed(at["tlsCertificates"][i]["serverCertificate"], tls.TlsCertificates[i].ServerCertificate);
            Needed(at["tlsCertificates"][i]["privateKey"], tls.TlsCertificates[i].PrivateKey);
            if (asksClients && tls.TlsCertificates[i].CaCertificates.Length == 0 && tls.CaCertificates.Length == 0)
                at["tlsCertificates"][i]["caCertificates"].Report(TrafficDiagnostics.ServerTls, "is required when clients show certificates.", "Name the file with the certificates of the clients' authority.");
        }
    }

    private static void Needed(Scope at, string file)
    {
        if (file.Length == 0)
            at.Report(TrafficDiagnostics.ServerTls, "is required.", "A certificate needs its file and its key's file.");
    }

    private static void Versions(Scope at, ServerTLSSettings tls)
    {
        if (tls.CipherSuites.Count == 0 && tls.MinProtocolVersion is (ServerTLSSettings.Types.TLSProtocol.Tlsv10 or ServerTLSSettings.Types.TLSProtocol.Tlsv11))
            at["minProtocolVersion"].Report(TrafficDiagnostics.WeakTls, "allows an outdated version of TLS, for which the default cipher suites do not work.", "Write TLSV1_2; if old clients leave no choice, add their cipherSuites.");
        bool bothSet = tls.MinProtocolVersion != ServerTLSSettings.Types.TLSProtocol.TlsAuto && tls.MaxProtocolVersion != ServerTLSSettings.Types.TLSProtocol.TlsAuto;
        if (bothSet && tls.MinProtocolVersion > tls.MaxProtocolVersion)
            at["maxProtocolVersion"].Report(TrafficDiagnostics.ServerTlsIgnored, "is lower than minProtocolVersion: no client could connect.", "Swap them.");
    }

    private static void Algorithms(Scope at, ServerTLSSettings tls)
    {
        for (int i = 0; i < tls.EcdhCurves.Count; i++)
            ValueRules.OneOf(at["ecdhCurves"][i], tls.EcdhCurves[i], Curves);
        HashSet<string> seen = [];
        for (int i = 0; i < tls.CipherSuites.Count; i++)
        {
            string suite = tls.CipherSuites[i];
            if (!seen.Add(suite))
                at["cipherSuites"][i].Report(TrafficDiagnostics.CipherSuite, $"repeats {suite}.", "Remove one of them.");
            else if (suite.Length > 0 && char.IsAsciiLetterOrDigit(suite[0]) && !CipherSuites.Contains(suite))
                at["cipherSuites"][i].Report(TrafficDiagnostics.CipherSuite, $"names the unknown suite {suite}, which is left out.", "Suites have OpenSSL's names, such as ECDHE-RSA-AES128-GCM-SHA256.");
        }
    }
}
