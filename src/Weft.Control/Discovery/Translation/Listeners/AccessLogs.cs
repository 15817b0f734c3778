using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Google.Protobuf.WellKnownTypes;
using Istio.Mesh.V1Alpha1;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>The mesh-wide access log (<c>accessLogFile</c>, <c>accessLogFormat</c>, <c>accessLogEncoding</c>). Source: Istio MeshConfig.</summary>
internal static class AccessLogs
{
    /// <summary>Istio's default text format.</summary>
    public const string DefaultFormat =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% " +
        "%CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% " +
        "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" " +
        "\"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% " +
        "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    private static readonly (string Key, string Value)[] DefaultJson =
    [
        ("start_time", "%START_TIME%"),
        ("route_name", "%ROUTE_NAME%"),
        ("method", "%REQ(:METHOD)%"),
        ("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
        ("protocol", "%PROTOCOL%"),
        ("response_code", "%RESPONSE_CODE%"),
        ("response_flags", "%RESPONSE_FLAGS%"),
        ("response_code_details", "%RESPONSE_CODE_DETAILS%"),
        ("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
        ("bytes_received", "%BYTES_RECEIVED%"),
        ("bytes_sent", "%BYTES_SENT%"),
        ("duration", "%DURATION%"),
        ("upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"),
        ("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"),
        ("user_agent", "%REQ(USER-AGENT)%"),
        ("request_id", "%REQ(X-REQUEST-ID)%"),
        ("authority", "%REQ(:AUTHORITY)%"),
        ("upstream_host", "%UPSTREAM_HOST%"),
        ("upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"),
        ("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
        ("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"),
        ("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        ("requested_server_name", "%REQUESTED_SERVER_NAME%"),
        ("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
    ];

    /// <summary>The log of connections and requests; none when no file is configured.</summary>
    public static IEnumerable<AccessLog> Of(MeshDefaultsInForce mesh)
    {
        MeshConfig config = mesh.Config;
        if (config.AccessLogFile.Length == 0)
            yield break;
        FileAccessLog file = new()
        {
            Path = config.AccessLogFile,
            LogFormat = config.AccessLogEncoding == MeshConfig.Types.AccessLogEncoding.Json
                ? new SubstitutionFormatString { JsonFormat = JsonFormat(config.AccessLogFormat) }
                : new SubstitutionFormatString { TextFormatSource = new DataSource { InlineString = TextFormat(config.AccessLogFormat) } },
        };
        yield return new AccessLog { Name = "envoy.access_loggers.file", TypedConfig = Protos.Pack(file) };
    }

    private static string TextFormat(string format) => format.Length == 0 ? DefaultFormat : format.EndsWith('\n') ? format : format + "\n";

    // A format that is not a JSON object falls back to the default, as in Istio.
    private static Struct JsonFormat(string format)
    {
        if (format.Length > 0)
        {
            try
            {
                return Struct.Parser.ParseJson(format);
            }
            catch (Google.Protobuf.InvalidProtocolBufferException)
            {
            }
        }

        Struct result = new();
        foreach ((string key, string value) in DefaultJson)
            result.Fields.Add(key, Value.ForString(value));
        return result;
    }
}
