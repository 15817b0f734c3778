using System.Collections.Frozen;
using System.Text;
using Weft.Proxy.Engine;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tls;

namespace Weft.Proxy.Listeners;

/// <summary>What is counted and logged of a client whose TLS handshake failed: one statistic of the listener (Envoy's <c>ssl.</c> names) and one record.</summary>
internal static class FailedHandshake
{
    private static readonly FrozenDictionary<TlsFailure, byte[]> s_details = Enum.GetValues<TlsFailure>()
        .ToFrozenDictionary(static failure => failure, static failure => Encoding.ASCII.GetBytes($"downstream_tls_failure{{{StatNames.ToName(failure.ToString())}}}"));

    /// <summary>The reason as access logs print it in <c>%CONNECTION_TERMINATION_DETAILS%</c>.</summary>
    public static ReadOnlySpan<byte> Details(TlsFailure failure) => s_details[failure];

    /// <summary>DC when the client left or refused, DPE when it was refused here.</summary>
    public static ResponseFlags Flags(TlsFailure failure) =>
        failure is TlsFailure.Truncated or TlsFailure.PeerAlert or TlsFailure.None ? ResponseFlags.DownstreamConnectionTermination : ResponseFlags.DownstreamProtocolError;

    public static void Count(ConnectionFacts facts, TlsSession session)
    {
        if (facts.Stats is not { } stats) return;
        stats.Add(session.Failure switch
        {
            TlsFailure.CertificateMissing => ListenerStat.SslFailVerifyNoCert,
            TlsFailure.IdentityNotAllowed => ListenerStat.SslFailVerifySan,
            TlsFailure.CertificateNotPinned => ListenerStat.SslFailVerifyCertHash,
            TlsFailure.CertificateExpired or TlsFailure.CertificateNotYetValid or TlsFailure.CertificateUntrusted or TlsFailure.CertificateRevoked
                or TlsFailure.CertificatePurpose or TlsFailure.CertificateChainTooLong or TlsFailure.IdentityMalformed or TlsFailure.IdentityForeignTrustDomain
                => ListenerStat.SslFailVerifyError,
            _ => ListenerStat.SslConnectionError,
        });
        CountStaple(stats, session.Staple);
    }

    public static void CountStaple(StatBlock<ListenerStat> stats, StapleOutcome outcome)
    {
        if (outcome == StapleOutcome.NotAsked) return;
        stats.Add(ListenerStat.SslOcspStapleRequests);
        stats.Add(outcome switch
        {
            StapleOutcome.Stapled => ListenerStat.SslOcspStapleResponses,
            StapleOutcome.Omitted => ListenerStat.SslOcspStapleOmitted,
            _ => ListenerStat.SslOcspStapleFailed,
        });
    }

    /// <summary>A record of the connection; <paramref name="reason"/> is the sentence.</summary>
    public static ConnectionRecord Record(Worker worker, ConnectionFacts facts, ResponseFlags flags, ReadOnlySpan<byte> details, string reason) => new()
    {
        Flags = flags,
        TerminationDetails = details,
        DownstreamFailure = reason,
        StartUnixMicroseconds = facts.StartWallNs / 1000,
        DurationMicroseconds = (worker.Clock.NowNs - facts.StartNs) / 1000,
        DownstreamLocal = facts.Local,
        DownstreamRemote = facts.Peer,
        RequestedServerName = facts.ServerName.Length > 0 ? facts.ServerName : null,
    };
}
