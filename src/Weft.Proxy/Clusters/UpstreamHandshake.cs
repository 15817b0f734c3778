using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Clusters;

/// <summary>Counts how TLS handshakes with endpoints end, under Envoy's <c>ssl.</c> names.</summary>
internal static class UpstreamHandshake
{
    public static void CountDone(StatBlock<ClusterStat> stats, TlsSession session)
    {
        stats.Add(ClusterStat.SslHandshake);
        if (session.IsResumed) stats.Add(ClusterStat.SslSessionReused);
    }

    public static void CountFailed(StatBlock<ClusterStat> stats, TlsSession session) => stats.Add(session.Failure switch
    {
        TlsFailure.IdentityNotAllowed => ClusterStat.SslFailVerifySan,
        TlsFailure.CertificateNotPinned => ClusterStat.SslFailVerifyCertHash,
        TlsFailure.CertificateMissing or TlsFailure.CertificateExpired or TlsFailure.CertificateNotYetValid or TlsFailure.CertificateUntrusted or TlsFailure.CertificateRevoked
            or TlsFailure.CertificatePurpose or TlsFailure.CertificateChainTooLong or TlsFailure.IdentityMalformed or TlsFailure.IdentityForeignTrustDomain
            => ClusterStat.SslFailVerifyError,
        _ => ClusterStat.SslConnectionError,
    });
}
