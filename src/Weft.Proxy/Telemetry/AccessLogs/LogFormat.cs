using System.Text;
using System.Text.Json;
using Weft.Proxy.Model;
using Weft.Wire.Http;

namespace Weft.Proxy.Telemetry.AccessLogs;

/// <summary>
/// A log format made ready: segments in order, one line each time. Immutable and shared by workers. Compile it where configuration
/// is checked, so that an operator that is not supported is refused by name.
/// </summary>
public sealed class LogFormat
{
    /// <summary>Istio's default text format.</summary>
    public const string IstioText =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% "
        + "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% "
        + "%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" "
        + "\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
        + "%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    /// <summary>Istio's default JSON format.</summary>
    public const string IstioJson =
        """
        {"start_time":"%START_TIME%","route_name":"%ROUTE_NAME%","method":"%REQ(:METHOD)%","path":"%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
        "protocol":"%PROTOCOL%","response_code":"%RESPONSE_CODE%","response_flags":"%RESPONSE_FLAGS%",
        "response_code_details":"%RESPONSE_CODE_DETAILS%","connection_termination_details":"%CONNECTION_TERMINATION_DETAILS%",
        "bytes_received":"%BYTES_RECEIVED%","bytes_sent":"%BYTES_SENT%","duration":"%DURATION%",
        "upstream_service_time":"%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%","x_forwarded_for":"%REQ(X-FORWARDED-FOR)%",
        "user_agent":"%REQ(USER-AGENT)%","request_id":"%REQ(X-REQUEST-ID)%","authority":"%REQ(:AUTHORITY)%",
        "upstream_host":"%UPSTREAM_HOST%","upstream_cluster":"%UPSTREAM_CLUSTER_RAW%","upstream_local_address":"%UPSTREAM_LOCAL_ADDRESS%",
        "downstream_local_address":"%DOWNSTREAM_LOCAL_ADDRESS%","downstream_remote_address":"%DOWNSTREAM_REMOTE_ADDRESS%",
        "requested_server_name":"%REQUESTED_SERVER_NAME%","upstream_transport_failure_reason":"%UPSTREAM_TRANSPORT_FAILURE_REASON%"}
        """;

    private readonly LogSegment[] _segments;
    private readonly bool _isJson;
    private readonly byte[] _absent;

    private LogFormat(LogSegment[] segments, bool isJson, bool omitEmptyValues)
    {
        _segments = segments;
        _isJson = isJson;
        _absent = omitEmptyValues ? [] : "-"u8.ToArray();
    }

    /// <summary>Compiles a text format, <c>%OPERATOR(ARGUMENT):LENGTH%</c> with text between; null is Istio's default.</summary>
    /// <exception cref="FormatException">An operator is unknown, not supported or malformed; the message names it.</exception>
    public static LogFormat Text(string? format, bool omitEmptyValues = false)
    {
        List<LogSegment> segments = [];
        LogFormatParser.Parse(format ?? IstioText, segments, inJson: false);
        return new LogFormat([.. segments], isJson: false, omitEmptyValues);
    }

    /// <summary>
    /// Compiles a JSON format: an object whose string values are text formats. A value that is one operator alone becomes a number
    /// where the operator is one, and null when it has no value (Envoy's <c>json_format</c>).
    /// </summary>
    /// <exception cref="FormatException">As for <see cref="Text"/>, or the JSON is no object.</exception>
    public static LogFormat Json(string format)
    {
        List<LogSegment> segments = [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(format);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new FormatException("A JSON log format is an object.");
            Compile(document.RootElement, segments);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The JSON log format cannot be read: {e.Message}", e);
        }

        AddLiteral(segments, "\n");
        return new LogFormat([.. segments], isJson: true, omitEmptyValues: false);
    }

    /// <summary>The format that a model asks for.</summary>
    /// <exception cref="FormatException">As for <see cref="Text"/> and <see cref="Json"/>.</exception>
    public static LogFormat Of(AccessLogModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.JsonFormat is { } json ? Json(json) : Text(model.TextFormat, model.OmitEmptyValues);
    }

    /// <summary>The response headers that the format prints and the engine must keep for it.</summary>
    internal IEnumerable<HeaderName> ResponseHeaders => Names(LogOperator.Resp).Where(static name => name.Known != KnownHeader.XEnvoyUpstreamServiceTime);

    /// <summary>The response trailers that the format prints.</summary>
    internal IEnumerable<HeaderName> Trailers => Names(LogOperator.Trailer);

    private IEnumerable<HeaderName> Names(LogOperator of) =>
        _segments.Where(segment => segment.Operator == of).SelectMany(static segment => new[] { segment.Header?.Name, segment.Alternative?.Name }).OfType<HeaderName>();

    /// <summary>Appends one line.</summary>
    internal void Write(scoped in LogFacts facts, ref LogLine line)
    {
        line.IsJson = _isJson;
        foreach (LogSegment segment in _segments)
        {
            if (segment.Operator == LogOperator.Literal) line.Literal(segment.Text);
            else if (segment.IsWholeValue) WriteJsonValue(segment, in facts, ref line);
            else if (!LogOperators.Write(segment, in facts, ref line)) line.Literal(_absent);
        }
    }

    private static void WriteJsonValue(LogSegment segment, scoped in LogFacts facts, ref LogLine line)
    {
        int start = line.Length;
        if (!segment.IsNumber) line.Literal("\""u8);
        if (LogOperators.Write(segment, in facts, ref line))
        {
            if (!segment.IsNumber) line.Literal("\""u8);
            return;
        }

        line.Rewind(start);
        line.Literal("null"u8);
    }

    private static void Compile(JsonElement element, List<LogSegment> segments)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                string separator = "{";
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    AddLiteral(segments, $"{separator}\"{JsonEncodedText.Encode(property.Name)}\":");
                    Compile(property.Value, segments);
                    separator = ",";
                }

                AddLiteral(segments, separator == "{" ? "{}" : "}");
                break;
            case JsonValueKind.Array:
                string before = "[";
                foreach (JsonElement item in element.EnumerateArray())
                {
                    AddLiteral(segments, before);
                    Compile(item, segments);
                    before = ",";
                }

                AddLiteral(segments, before == "[" ? "[]" : "]");
                break;
            case JsonValueKind.String:
                LogFormatParser.Parse(element.GetString()!, segments, inJson: true);
                break;
            default:
                AddLiteral(segments, element.GetRawText());
                break;
        }
    }

    internal static void AddLiteral(List<LogSegment> segments, string text)
    {
        if (text.Length > 0)
            segments.Add(new LogSegment { Operator = LogOperator.Literal, Text = Encoding.UTF8.GetBytes(text) });
    }
}
