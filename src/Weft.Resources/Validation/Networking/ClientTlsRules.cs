using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for TLS towards an upstream.</summary>
internal static class ClientTlsRules
{
    public static void Check(Scope at, ClientTLSSettings tls)
    {
        bool hasFiles = tls.ClientCertificate.Length > 0 || tls.PrivateKey.Length > 0 || tls.CaCertificates.Length > 0;
        if (tls.CredentialName.Length > 0 && (hasFiles || tls.CaCrl.Length > 0))
            at["credentialName"].Report(TrafficDiagnostics.ClientTls, "cannot be combined with certificate files.", "Keep the secret or the files.");
        switch (tls.Mode)
        {
            case ClientTLSSettings.Types.TLSmode.Mutual when tls.CredentialName.Length == 0:
                Needed(at, "clientCertificate", tls.ClientCertificate);
                Needed(at, "privateKey", tls.PrivateKey);
                break;
            case ClientTLSSettings.Types.TLSmode.IstioMutual:
                Unwanted(at, "clientCertificate", tls.ClientCertificate);
                Unwanted(at, "privateKey", tls.PrivateKey);
                Unwanted(at, "caCertificates", tls.CaCertificates);
                Unwanted(at, "credentialName", tls.CredentialName);
                break;
        }
        if (tls.InsecureSkipVerify == true)
            SkipVerify(at, tls);
        ValueRules.NoEmptyItems(at["subjectAltNames"], tls.SubjectAltNames);
    }

    private static void SkipVerify(Scope at, ClientTLSSettings tls)
    {
        bool isSimple = tls.Mode == ClientTLSSettings.Types.TLSmode.Simple;
        string? checks = tls.CaCertificates.Length > 0 ? "caCertificates"
            : isSimple && tls.CredentialName.Length > 0 ? "credentialName"
            : tls.SubjectAltNames.Count > 0 ? "subjectAltNames" : null;
        if (checks is not null && (isSimple || tls.Mode == ClientTLSSettings.Types.TLSmode.Mutual))
            at["insecureSkipVerify"].Report(TrafficDiagnostics.ClientTls, $"turns off the check that {checks} asks for.", $"Remove insecureSkipVerify or {checks}.");
    }

    private static void Needed(Scope at, string field, string value)
    {
        if (value.Length == 0)
            at[field].Report(TrafficDiagnostics.ClientTls, "is required with mode MUTUAL.", "Name the file, or use credentialName for both.");
    }

    private static void Unwanted(Scope at, string field, string value)
    {
        if (value.Length > 0)
            at[field].Report(TrafficDiagnostics.ClientTls, "is not allowed with mode ISTIO_MUTUAL: the mesh's own certificates are used.", "Remove it, or use mode MUTUAL.");
    }
}
