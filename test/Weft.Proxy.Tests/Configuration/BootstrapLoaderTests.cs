using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Google.Protobuf;
using Weft.Proxy.Configuration;
using Weft.Proxy.Model;
using Weft.Xds;

namespace Weft.Proxy.Tests.Configuration;

public class BootstrapLoaderTests
{
    /// <summary>The reverse proxy of <c>docs/proxy-bootstrap.md</c>.</summary>
    internal const string ReverseProxy = """
        admin: { address: { socket_address: { address: 127.0.0.1, port_value: 15000 } } }
        static_resources:
          listeners:
          - address: { socket_address: { address: 127.0.0.1, port_value: 8080 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: front
                  http_filters: [ { name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } } ]
                  route_config:
                    virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: app } } ] } ]
          clusters:
          - name: app
            connect_timeout: 0.25s
            load_assignment:
              cluster_name: app
              endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 9000 } } } } ] } ]
        """;

    private const string Dynamic = """
        node: { id: "sidecar~10.0.0.1~a.b~b.svc.cluster.local" }
        dynamic_resources:
          lds_config: { ads: {}, resource_api_version: V3 }
          cds_config: { ads: {}, resource_api_version: V3 }
          ads_config:
            api_type: DELTA_GRPC
            transport_api_version: V3
            grpc_services: [ { envoy_grpc: { cluster_name: xds }, initial_metadata: [ { key: authorization, value: Bearer x } ] } ]
        static_resources:
          clusters:
          - name: xds
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: { http2_protocol_options: {} }
            load_assignment:
              cluster_name: xds
              endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 15010 } } } } ] } ]
        """;

    [Fact]
    public void ReverseProxy_InTwentyLines()
    {
        Assert.InRange(ReverseProxy.Split('\n').Length, 1, 20);
        var snapshot = Load(ReverseProxy).Store.Snapshot();

        var listener = Assert.Single(snapshot.Listeners);
        Assert.Equal(8080, listener.Address.Port);
        var manager = Assert.IsType<HttpConnectionManagerModel>(listener.FilterChains[0].Terminal);
        Assert.NotNull(manager.InlineRoutes?.Table);
        var cluster = snapshot.Clusters["app"];
        Assert.Equal(TimeSpan.FromMilliseconds(250), cluster.ConnectTimeout);
        Assert.Equal("127.0.0.1:9000", cluster.Endpoints.Localities[0].Endpoints[0].Address.ToString());
    }

    [Fact]
    public void AdminAddress_IsRead() => Assert.Equal(15000, Load(ReverseProxy).AdminAddress.Port);

    [Fact]
    public void Json_IsReadToo()
    {
        const string Json = """
            {"staticResources": {"clusters": [{"name": "a", "connectTimeout": "1s", "type": "STATIC"}]}, "node": {"id": "n"}}
            """;

        Assert.Equal("a", Assert.Single(Load(Json).Store.Snapshot().Clusters).Key);
    }

    [Fact]
    public void DynamicResources_NameTheServer()
    {
        var server = Load(Dynamic).XdsServer!;

        Assert.Equal(new Uri("http://127.0.0.1:15010"), server.Address);
        Assert.True(server is { IsDelta: true, WantsListeners: true, WantsClusters: true });
        Assert.Equal(KeyValuePair.Create("authorization", "Bearer x"), Assert.Single(server.Metadata));
    }

    [Fact]
    public void StateOfTheWorld_IsChosenByGrpc() => Assert.False(Load(Dynamic.Replace("DELTA_GRPC", "GRPC", StringComparison.Ordinal)).XdsServer!.IsDelta);

    [Theory]
    [InlineData("api_type: DELTA_GRPC", "api_type: REST", "DELTA_GRPC")]
    [InlineData("transport_api_version: V3", "transport_api_version: V2", "V3")]
    [InlineData("cluster_name: xds }", "cluster_name: nothing }", "`nothing`")]
    [InlineData("lds_config: { ads: {}", "lds_config: { path: /x", "ads: {}")]
    [InlineData("node: { id: \"sidecar~10.0.0.1~a.b~b.svc.cluster.local\" }", "node: { cluster: x }", "node.id")]
    public void DynamicResourcesThatCannotBe_AreRefused(string good, string bad, string named)
    {
        Assert.Contains(good, Dynamic);

        Assert.Contains(named, string.Join('\n', Errors(Dynamic.Replace(good, bad, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("port_value: 8080", "port_vlaue: 8080", "bootstrap.yaml:4:54", "port_vlaue")]
    [InlineData("connect_timeout: 0.25s", "connect_timeout: soon", "bootstrap.yaml:16:5", "duration")]
    [InlineData("connect_timeout: 0.25s", "connect_timeout: -1s", "bootstrap.yaml:16:5", "negative|positive")]
    [InlineData("connect_timeout: 0.25s", "connect_timeout: [1]", "bootstrap.yaml:16:5", "single value")]
    [InlineData("connect_timeout: 0.25s", "lb_policy: FASTEST", "bootstrap.yaml:16:5", "ROUND_ROBIN")]
    [InlineData("connect_timeout: 0.25s", "lb_policy: CLUSTER_PROVIDED", "bootstrap.yaml:16:5", "lb_policy")]
    [InlineData("connect_timeout: 0.25s", "health_checks: [ { timeout: 1s } ]", "bootstrap.yaml:16:5", "health_checks")]
    [InlineData("connect_timeout: 0.25s", "name: again", "bootstrap.yaml:16:5", "twice")]
    [InlineData("connect_timeout: 0.25s", "filters: yes", "bootstrap.yaml:16:5", "list")]
    [InlineData("connect_timeout: 0.25s", "metadata: &a { }", "bootstrap.yaml:16:15", "anchors")]
    [InlineData("connect_timeout: 0.25s", "metadata: *a", "bootstrap.yaml:16:15", "alias")]
    [InlineData("http.router.v3.Router", "http.lua.v3.Lua", "bootstrap.yaml:11", "envoy.extensions.filters.http.lua.v3.Lua")]
    [InlineData("admin: {", "layered_runtime: {}\nadmin: {", "bootstrap.yaml:1:1", "layered_runtime")]
    [InlineData("stat_prefix: front", "tracing: {}", "bootstrap.yaml:10:11", "tracing")]
    [InlineData("address: 127.0.0.1, port_value: 8080", "address: localhost, port_value: 8080", "bootstrap.yaml:4:34", "localhost")]
    [InlineData("port_value: 9000", "port_value: 99999", "bootstrap.yaml:19", "99999")]
    [InlineData("prefix: /", "safe_regex: { regex: \"(\" }", "bootstrap.yaml:13", "safe_regex")]
    public void Mistake_IsReportedWithItsPlace(string good, string bad, string place, string named)
    {
        Assert.Contains(good, ReverseProxy);

        var errors = Errors(ReverseProxy.Replace(good, bad, StringComparison.Ordinal));

        Assert.Contains(errors, e => e.ToString().StartsWith(place, StringComparison.Ordinal) && named.Split('|').Any(n => e.Message.Contains(n, StringComparison.Ordinal)));
    }

    [Fact]
    public void AllMistakes_AreReportedAtOnce()
    {
        var errors = Errors(ReverseProxy.Replace("stat_prefix", "stat_perfix", StringComparison.Ordinal).Replace("connect_timeout", "timeout", StringComparison.Ordinal));

        Assert.Equal(2, errors.Count);
        Assert.True(errors[0].Place.Line < errors[1].Place.Line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("---\na: 1\n---\nb: 2\n")]
    [InlineData("just text")]
    [InlineData("- a\n- b\n")]
    [InlineData("a: [")]
    [InlineData("\0\x01\x02garbage")]
    [InlineData("? [a]: b\n")]
    public void WhatIsNoBootstrap_IsASentence(string text) => Assert.NotEmpty(Errors(text));

    [Fact]
    public void DeepNesting_IsRefused() => Assert.Contains("nested", Errors(new string('[', 500) + new string(']', 500))[0].Message);

    [Fact]
    public void FileThatIsMissingOrTooLarge_IsASentence()
    {
        Assert.Contains("cannot be read", Assert.Single(BootstrapLoader.Load("/nonexistent/weft.yaml", TimeProvider.System).Errors).Message);
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.OpenWrite(path))
            {
                file.SetLength(BootstrapLoader.MaxFileBytes + 1);
            }

            Assert.Contains("allowed", Assert.Single(BootstrapLoader.Load(path, TimeProvider.System).Errors).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void FileOfBytes_IsReadWithoutSchemas_AndJudgedTheSame()
    {
        var message = ProtoJson.Parse<Bootstrap>("""{"node":{"id":"n"},"staticResources":{"clusters":[{"name":"a"}]}}""");

        Assert.Equal("a", Assert.Single(LoadBytes(message.ToByteArray()).Bootstrap!.Store.Snapshot().Clusters).Key);
        message.StaticResources.Clusters[0].LbPolicy = Cluster.Types.LbPolicy.LoadBalancingPolicyConfig;
        Assert.Contains("static_resources.clusters[0].lb_policy", Assert.Single(LoadBytes(message.ToByteArray()).Errors).Message);
        Assert.Contains("field 999", Assert.Single(LoadBytes([0xb8, 0x3e, 0x01]).Errors).Message);
        Assert.Contains("bytes", Assert.Single(LoadBytes([0x0a, 0xff]).Errors).Message);
    }

    [Fact]
    public void TwoStaticClustersOfOneName_AreRefused()
    {
        const string Text = "static_resources: { clusters: [ { name: a }, { name: a } ] }";

        Assert.Contains("another", Assert.Single(Errors(Text)).Message);
    }

    [Fact]
    public void BytesOfATextBootstrap_MakeTheSameBootstrap()
    {
        const string Text = "{ node: { id: n }, static_resources: { clusters: [ { name: a, connect_timeout: 2s } ] } }";
        var text = BootstrapLoader.Parse("bootstrap.yaml", Text, TimeProvider.System);

        var bytes = BootstrapLoader.ParseBytes("bootstrap.yaml", text.Encoded.ToArray(), TimeProvider.System);

        Assert.Empty(bytes.Errors);
        Assert.Equal("n", bytes.Bootstrap!.Node.Id);
        Assert.Equal(text.Bootstrap!.Store.Report().Select(r => (r.Name, r.TypeUrl)), bytes.Bootstrap.Store.Report().Select(r => (r.Name, r.TypeUrl)));
        Assert.True(bytes.Encoded.IsEmpty);
    }

    private static BootstrapResult LoadBytes(byte[] bytes)
    {
        var path = Path.Combine(Path.GetTempPath(), $"weft-{Guid.NewGuid():N}.pb");
        try
        {
            File.WriteAllBytes(path, bytes);
            return BootstrapLoader.Load(path, TimeProvider.System);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ProxyBootstrap Load(string text)
    {
        var result = BootstrapLoader.Parse("bootstrap.yaml", text, TimeProvider.System);
        Assert.Empty(result.Errors);
        return result.Bootstrap!;
    }

    private static IReadOnlyList<BootstrapError> Errors(string text)
    {
        var result = BootstrapLoader.Parse("bootstrap.yaml", text, TimeProvider.System);
        Assert.Null(result.Bootstrap);
        return result.Errors;
    }
}
