using System.Text;
using System.Text.Json;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Telemetry.AccessLogs;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Proxy.Tests.Telemetry;

public sealed class AccessLogFormatTests
{
    private const string Request =
        "GET /reviews/1?full=1 HTTP/1.1\r\nHost: reviews:9080\r\nUser-Agent: curl/8\r\nX-Request-Id: from-client\r\nX-Tag: \"a\\b\"\r\n\r\n";

    [Fact]
    public void IstioText_ForAProxiedRequest_IsIstiosLine() => Assert.Equal(
        "[2026-11-22T15:04:05.006Z] \"GET /reviews/1?full=1 HTTP/1.1\" 200 - via_upstream - \"-\" 7 1234 42 40 \"10.1.1.1\" \"curl/8\" \"id-1\" "
        + "\"reviews:9080\" \"10.0.0.9:9080\" outbound|9080||reviews.default.svc.cluster.local 10.0.0.1:40000 10.96.0.7:9080 10.0.0.1:50000 - default\n",
        Line(LogFormat.Text(null)));

    [Fact]
    public void IstioText_ForAnUnreadableRequest_HasDashes()
    {
        ExchangeRecord record = new()
        {
            Status = 400,
            Flags = ResponseFlags.DownstreamProtocolError,
            Details = "http1.codec_error"u8,
            DownstreamRemote = NetworkAddress.FromV4(0x0a000001, 1),
        };
        Assert.Equal(
            "[1970-01-01T00:00:00.000Z] \"- - -\" 400 DPE http1.codec_error - \"-\" 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\" - - - 10.0.0.1:1 - -\n",
            Line(LogFormat.Text(null), record));
    }

    [Fact]
    public void IstioJson_ForAProxiedRequest_HasNumbersAndNulls()
    {
        using JsonDocument line = JsonDocument.Parse(Line(LogFormat.Json(LogFormat.IstioJson)));
        JsonElement root = line.RootElement;
        Assert.Equal(24, root.EnumerateObject().Count());
        Assert.Equal("2026-11-22T15:04:05.006Z", root.GetProperty("start_time").GetString());
        Assert.Equal(200, root.GetProperty("response_code").GetInt32());
        Assert.Equal(1234, root.GetProperty("bytes_sent").GetInt64());
        Assert.Equal("40", root.GetProperty("upstream_service_time").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("requested_server_name").ValueKind);
        Assert.Equal("/reviews/1?full=1", root.GetProperty("path").GetString());
    }

    [Fact]
    public void JsonFormat_KeepsStructureAndMixesText()
    {
        LogFormat format = LogFormat.Json("""{"a":{"b":["%PROTOCOL%",3,true]},"m":"%REQ(:METHOD)% \"on\" %REQ(X-NONE)%","tag":"%REQ(X-Tag)%"}""");
        using JsonDocument line = JsonDocument.Parse(Line(format));
        Assert.Equal("""{"b":["HTTP/1.1",3,true]}""", line.RootElement.GetProperty("a").GetRawText());
        Assert.Equal("GET \"on\" -", line.RootElement.GetProperty("m").GetString());
        Assert.Equal("\"a\\b\"", line.RootElement.GetProperty("tag").GetString());
    }

    [Theory]
    [InlineData("%REQ(X-Tag)%", "\\x22a\\x5cb\\x22")]
    [InlineData("%REQ(X-Tag):2%|", "\\x22a|")]
    [InlineData("%REQ(x-none?user-agent)%", "curl/8")]
    [InlineData("%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%", "/reviews/1")]
    [InlineData("100%% %RESPONSE_CODE%", "100% 200")]
    [InlineData("%START_TIME(%Y/%m/%dT%H:%M:%S.%6f%z %s %b %e)%", "2026/11/22T15:04:05.006789+0000 1795359845 Nov 22")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_REMOTE_PORT% %REQUEST_DURATION% %RESPONSE_TX_DURATION%", "10.0.0.1 9080 1 2")]
    [InlineData("%UPSTREAM_CLUSTER% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %GRPC_STATUS%", "outbound|9080||reviews.default.svc.cluster.local 2 -")]
    public void TextFormat_WithOperators_PrintsThem(string format, string expected) => Assert.Equal(expected, Line(LogFormat.Text(format)));

    [Fact]
    public void OmitEmptyValues_LeavesDashesOut() => Assert.Equal("[]", Line(LogFormat.Text("[%REQUESTED_SERVER_NAME%]", omitEmptyValues: true)));

    [Theory]
    [InlineData("%NO_SUCH_THING%", "%NO_SUCH_THING%")]
    [InlineData("%FILTER_STATE(wasm.x)%", "%FILTER_STATE%")]
    [InlineData("%REQ(a?b?c)%", "%REQ(a?b?c)%")]
    [InlineData("%REQ(bad name)%", "'bad name'")]
    [InlineData("%REQ()%", "%REQ()%")]
    [InlineData("50% of", "offset 2")]
    [InlineData("%START_TIME(%Q)%", "%START_TIME(%Q)%")]
    [InlineData("%PROTOCOL(x)%", "%PROTOCOL(x)%")]
    public void Format_WithWhatIsNotSupported_IsRefusedByName(string format, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => LogFormat.Text(format)).Message);

    [Theory]
    [InlineData("[1]")]
    [InlineData("{")]
    [InlineData("{\"a\":\"%NOPE%\"}")]
    public void JsonFormat_ThatIsWrong_IsRefused(string format) => Assert.Throws<FormatException>(() => LogFormat.Json(format));

    [Fact]
    public void HostileValues_NeverBreakOutOfTheirLine()
    {
        byte[] evil = [.. "\r\n\u001b[31m\"} é ☕"u8, 0xff, 0xc3];
        ExchangeRecord record = new() { Status = 200, RequestedServerName = "a\nb\u0085", RequestId = evil };
        Assert.Equal(
            "\\x0d\\x0a\\x1b[31m\\x22} é ☕\\xff\\xc3|a\\x0ab\u0085", Line(LogFormat.Text("%REQ(X-REQUEST-ID)%|%REQUESTED_SERVER_NAME%"), record));
        using JsonDocument json = JsonDocument.Parse(Line(LogFormat.Json("""{"id":"%REQ(X-REQUEST-ID)%","sni":"%REQUESTED_SERVER_NAME%"}"""), record));
        Assert.Equal("\r\n\u001b[31m\"} é ☕\ufffd\ufffd", json.RootElement.GetProperty("id").GetString());
        Assert.Equal("a\nb\u0085", json.RootElement.GetProperty("sni").GetString());
    }

    [Fact]
    public void LineLongerThanTheBuffer_IsCutAndStillEnds()
    {
        LogLine line = new(new byte[20]);
        line.Value("0123456789"u8, 0);
        line.Value("0123456789ABCDEF"u8, 0);
        line.Literal("\n"u8);
        Assert.Equal("0123456789012345678\n", Encoding.ASCII.GetString(line.Finish()));
    }

    /// <summary>A request that was proxied, as the engine reports it.</summary>
    internal static string Line(LogFormat format)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Request);
        HeaderField[] fields = new HeaderField[16];
        int scanned = 0;
        Assert.Equal(ParseStatus.Complete, Http1RequestParser.Parse(bytes, fields, Http1Limits.Mesh, ref scanned, out RequestHead head, out _).Status);
        WorkerTelemetry worker = new ProxyTelemetry(WorkloadLabels.Unknown).CreateWorker();
        return Line(format, new ExchangeRecord
        {
            RequestBytes = bytes,
            Request = head,
            RequestFields = fields.AsSpan(0, head.FieldCount),
            RequestId = "id-1"u8,
            ForwardedFor = "10.1.1.1"u8,
            Status = 200,
            Details = "via_upstream"u8,
            RequestBodyBytes = 7,
            ResponseBodyBytes = 1234,
            StartUnixMicroseconds = 1_795_359_845_006_789,
            DurationMicroseconds = 42_900,
            RequestMicroseconds = 1000,
            ResponseMicroseconds = 40_000,
            UpstreamServiceMilliseconds = 40,
            Attempts = 2,
            DownstreamLocal = NetworkAddress.FromV4(0x0a600007, 9080),
            DownstreamRemote = NetworkAddress.FromV4(0x0a000001, 50000),
            DownstreamDirectRemote = NetworkAddress.FromV4(0x0a000001, 50000),
            UpstreamRemote = NetworkAddress.FromV4(0x0a000009, 9080),
            UpstreamLocal = NetworkAddress.FromV4(0x0a000001, 40000),
            RouteName = "default",
            Cluster = worker.Cluster(new ClusterModel { Name = "outbound|9080||reviews.default.svc.cluster.local" }),
        });
    }

    private static string Line(LogFormat format, in ExchangeRecord record)
    {
        LogLine line = new(new byte[4096]);
        format.Write(new LogFacts(in record), ref line);
        return Encoding.UTF8.GetString(line.Finish());
    }
}
