using System.Text;
using Weft.Wire.Http;

namespace Weft.Proxy.Http;

/// <summary>Response code details, as access logs show them; Envoy's words.</summary>
internal static class ReplyDetails
{
    private static readonly byte[][] s_wire = [.. Enum.GetValues<WireError>().Select(static error => Encoding.ASCII.GetBytes(WireErrors.Details(error)))];
    private static readonly byte[][] s_sentences = [.. Enum.GetValues<WireError>().Select(static error => Encoding.ASCII.GetBytes(WireErrors.Describe(error)))];

    public static readonly byte[] ViaUpstream = "via_upstream"u8.ToArray();
    public static readonly byte[] RouteNotFound = "route_not_found"u8.ToArray();
    public static readonly byte[] ClusterNotFound = "cluster_not_found"u8.ToArray();
    public static readonly byte[] NoHealthyUpstream = "no_healthy_upstream"u8.ToArray();
    public static readonly byte[] DirectResponse = "direct_response"u8.ToArray();
    public static readonly byte[] ResponseTimeout = "response_timeout"u8.ToArray();
    public static readonly byte[] PerTryTimeout = "upstream_per_try_timeout"u8.ToArray();
    public static readonly byte[] PerTryIdleTimeout = "upstream_per_try_idle_timeout"u8.ToArray();
    public static readonly byte[] StreamIdleTimeout = "stream_idle_timeout"u8.ToArray();
    public static readonly byte[] RequestTimeout = "request_overall_timeout"u8.ToArray();
    public static readonly byte[] RequestHeaderTimeout = "request_header_timeout"u8.ToArray();
    public static readonly byte[] DurationTimeout = "max_duration_timeout"u8.ToArray();
    public static readonly byte[] DownstreamDisconnect = "downstream_remote_disconnect"u8.ToArray();
    public static readonly byte[] Overload = "overload"u8.ToArray();
    public static readonly byte[] DrainTimeout = "downstream_local_disconnect(drain_timeout)"u8.ToArray();
    public static readonly byte[] BrokenRule = "http2.violation.of.messaging.rule"u8.ToArray();
    public static readonly byte[] ConnectAuthority = "connect_authority_not_an_address"u8.ToArray();
    public static readonly byte[] ConnectUnfit = "connect_cluster_unfit"u8.ToArray();
    public static readonly byte[] ConnectBody = "http1.body_disallowed"u8.ToArray();
    public static readonly byte[] ConnectTransferEncoding = "http1.invalid_transfer_encoding"u8.ToArray();
    public static readonly byte[] UpgradeFailed = "upgrade_failed"u8.ToArray();
    public static readonly byte[] PathNormalization = "path_normalization_failed"u8.ToArray();
    public static readonly byte[] HeadersTooLarge = "request_headers_too_large"u8.ToArray();
    public static readonly byte[] FaultAbort = "fault_filter_abort"u8.ToArray();
    public static readonly byte[] CorsResponse = "cors_response"u8.ToArray();
    public static readonly byte[] GrpcWebBadText = "grpc_base_64_decode_failed"u8.ToArray();
    public static readonly byte[] ResetBeforeConnect = "upstream_reset_before_response_started{remote_connection_failure}"u8.ToArray();
    public static readonly byte[] ResetConnectTimeout = "upstream_reset_before_response_started{connection_timeout}"u8.ToArray();
    public static readonly byte[] ResetTermination = "upstream_reset_before_response_started{connection_termination}"u8.ToArray();
    public static readonly byte[] ResetRemote = "upstream_reset_before_response_started{remote_reset}"u8.ToArray();
    public static readonly byte[] ResetRefused = "upstream_reset_before_response_started{remote_refused_stream_reset}"u8.ToArray();
    public static readonly byte[] ResetProtocol = "upstream_reset_before_response_started{protocol_error}"u8.ToArray();
    public static readonly byte[] ResetOverflow = "upstream_reset_before_response_started{overflow}"u8.ToArray();
    public static readonly byte[] ResetRemoteAfterStart = "upstream_reset_after_response_started{remote_reset}"u8.ToArray();
    public static readonly byte[] ResetProtocolAfterStart = "upstream_reset_after_response_started{protocol_error}"u8.ToArray();
    public static readonly byte[] ResetAfterStart = "upstream_reset_after_response_started{connection_termination}"u8.ToArray();

    public static byte[] Of(WireError error) => s_wire[(int)error];

    public static byte[] Sentence(WireError error) => s_sentences[(int)error];
}
