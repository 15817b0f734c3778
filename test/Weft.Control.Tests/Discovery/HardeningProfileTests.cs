using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;

namespace Weft.Control.Tests.Discovery;

/// <summary>Which limits gateways (EDGE) and sidecars (MESH) get. What the proxy makes of them: EdgeProfileTests of Weft.Proxy.Tests.</summary>
public sealed class HardeningProfileTests
{
    private const string Yaml = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: edge}
        spec:
          selector: {istio: ingressgateway}
          servers:
            - port: {number: 80, name: http, protocol: HTTP}
              hosts: ["*"]
            - port: {number: 8081, name: web, protocol: GRPC-WEB}
              hosts: ["*"]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: shop}
        spec:
          selector: {app: shop}
          ports: [{name: http, port: 80}, {name: grpc-web, port: 8081}, {name: grpc, port: 8082}]
        """;

    private const string Router = """{"type": "router", "namespace": "default", "ip": "10.0.0.9", "labels": {"istio": "ingressgateway"}}""";
    private const string Sidecar = """{"type": "sidecar", "namespace": "default", "ip": "10.0.0.1", "labels": {"app": "shop"}}""";

    public static TheoryData<string, string, string> Limits => new()
    {
        // limit, EDGE, MESH; an empty value: the proxy's default holds.
        { "use_remote_address", "True", "False" },
        { "stream_idle_timeout", "300", "0" },
        { "request_timeout", "300", "" },
        { "request_headers_timeout", "60", "" },
        { "idle_timeout", "3600", "" },
        { "headers_with_underscores_action", "RejectRequest", "" },
        { "max_concurrent_streams", "100", "" },
        { "initial_stream_window_size", "65536", "" },
        { "initial_connection_window_size", "1048576", "" },
        { "allow_connect", "True", "" },
        { "per_connection_buffer_limit_bytes", "32768", "" },
        { "normalize_path", "True", "True" },
        { "merge_slashes", "True", "False" },
        { "path_with_escaped_slashes_action", "UnescapeAndRedirect", "KeepUnchanged" },
        { "max_request_headers_kb", "", "" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limit_IsThatOfTheProfile(string limit, string edge, string mesh)
    {
        Assert.All(Managers(Router), pair => Assert.Equal(edge, Value(limit, pair.Manager, pair.Listener)));
        Assert.All(Managers(Sidecar), pair => Assert.Equal(mesh, Value(limit, pair.Manager, pair.Listener)));
    }

    [Theory]
    [InlineData("NONE", false, false, "KeepUnchanged")]
    [InlineData("BASE", true, false, "KeepUnchanged")]
    [InlineData("MERGE_SLASHES", true, true, "KeepUnchanged")]
    [InlineData("DECODE_AND_MERGE_SLASHES", true, true, "UnescapeAndForward")]
    public void NormalizationThatTheMeshNames_IsThatOfBothProfiles(string name, bool normalizes, bool merges, string slashes)
    {
        string yaml = $"{Yaml}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata:\n  mesh: |\n    pathNormalization: {{normalization: {name}}}\n";
        foreach ((Listener _, HttpConnectionManager manager) in Managers(Router, yaml).Concat(Managers(Sidecar, yaml)))
            Assert.Equal((normalizes, merges, slashes), (manager.NormalizePath, manager.MergeSlashes, manager.PathWithEscapedSlashesAction.ToString()));
    }

    [Fact]
    public void GrpcWeb_IsTranslatedOnPortsOfThatNameOnly()
    {
        Assert.All(Managers(Router), pair => Assert.Equal(pair.Listener.Name == "0.0.0.0_8081", TranslatesGrpcWeb(pair.Manager)));
        List<(Listener Listener, HttpConnectionManager Manager)> inbound = [.. Managers(Sidecar).Where(pair => pair.Manager.RouteConfig is not null)];
        Assert.Contains(inbound, pair => TranslatesGrpcWeb(pair.Manager));
        Assert.All(inbound, pair => Assert.Equal(pair.Manager.StatPrefix.Contains("8081", StringComparison.Ordinal), TranslatesGrpcWeb(pair.Manager)));
        Assert.All(Managers(Sidecar).Where(pair => pair.Manager.Rds is not null), pair => Assert.Equal(pair.Listener.Name == "0.0.0.0_8081", TranslatesGrpcWeb(pair.Manager)));
    }

    private static bool TranslatesGrpcWeb(HttpConnectionManager manager) => manager.HttpFilters[0].Name == "envoy.filters.http.grpc_web";

    private static string Value(string limit, HttpConnectionManager manager, Listener listener) => limit switch
    {
        "use_remote_address" => $"{manager.UseRemoteAddress}",
        "stream_idle_timeout" => $"{manager.StreamIdleTimeout?.Seconds}",
        "request_timeout" => $"{manager.RequestTimeout?.Seconds}",
        "request_headers_timeout" => $"{manager.RequestHeadersTimeout?.Seconds}",
        "idle_timeout" => $"{manager.CommonHttpProtocolOptions?.IdleTimeout?.Seconds}",
        "headers_with_underscores_action" => $"{manager.CommonHttpProtocolOptions?.HeadersWithUnderscoresAction}",
        "max_concurrent_streams" => $"{manager.Http2ProtocolOptions?.MaxConcurrentStreams}",
        "initial_stream_window_size" => $"{manager.Http2ProtocolOptions?.InitialStreamWindowSize}",
        "initial_connection_window_size" => $"{manager.Http2ProtocolOptions?.InitialConnectionWindowSize}",
        "allow_connect" => $"{manager.Http2ProtocolOptions?.AllowConnect}",
        "per_connection_buffer_limit_bytes" => $"{listener.PerConnectionBufferLimitBytes}",
        "normalize_path" => $"{manager.NormalizePath}",
        "merge_slashes" => $"{manager.MergeSlashes}",
        "path_with_escaped_slashes_action" => $"{manager.PathWithEscapedSlashesAction}",
        "max_request_headers_kb" => $"{manager.MaxRequestHeadersKb}",
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    private static List<(Listener Listener, HttpConnectionManager Manager)> Managers(string proxy, string yaml = Yaml)
    {
        List<(Listener, HttpConnectionManager)> managers = [];
        foreach (Listener listener in Mesh.Of(yaml).Translate(proxy).Listeners)
        {
            foreach (Filter filter in listener.FilterChains.SelectMany(static chain => chain.Filters))
            {
                if (filter.TypedConfig.Is(HttpConnectionManager.Descriptor)) managers.Add((listener, filter.TypedConfig.Unpack<HttpConnectionManager>()));
            }
        }

        // What ends HBONE's tunnels carries no requests of its own.
        managers.RemoveAll(static pair => pair.Item2.StatPrefix == "inbound_connect_terminate;");
        Assert.NotEmpty(managers);
        return managers;
    }
}
