using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Configuration;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Proxy.Tests.Configuration;

/// <summary>What is not supported or not valid is refused with the path of the field: one row for each.</summary>
public class RefusalTests
{
    private const string Manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    private const string Tcp = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
    private const string Router = """{"name":"router","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}""";
    private const string UpstreamTls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    private const string DownstreamTls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
    private const string HttpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    [Theory]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"c","clusterType":{"name":"x"}}""", "cluster_type")]
    [InlineData("""{"name":"c","healthChecks":[{"timeout":"1s"}]}""", "health_checks")]
    [InlineData("""{"name":"c","lbPolicy":"LOAD_BALANCING_POLICY_CONFIG"}""", "lb_policy")]
    [InlineData("""{"name":"c","lbPolicy":"CLUSTER_PROVIDED"}""", "lb_policy")]
    [InlineData("""{"name":"c","type":"ORIGINAL_DST"}""", "lb_policy")]
    [InlineData("""{"name":"c","ringHashLbConfig":{"hashFunction":"MURMUR_HASH_2"}}""", "ring_hash_lb_config")]
    [InlineData("""{"name":"c","lbSubsetConfig":{}}""", "lb_subset_config")]
    [InlineData("""{"name":"c","connectTimeout":"-1s"}""", "connect_timeout")]
    [InlineData("""{"name":"c","type":"EDS"}""", "eds_cluster_config.eds_config")]
    [InlineData("""{"name":"c","type":"EDS","edsClusterConfig":{"edsConfig":{"path":"/x"}}}""", "eds_cluster_config.eds_config")]
    [InlineData("""{"name":"c","type":"EDS","edsClusterConfig":{"edsConfig":{"ads":{}}},"loadAssignment":{"clusterName":"c"}}""", "load_assignment")]
    [InlineData("""{"name":"c","type":"LOGICAL_DNS"}""", "load_assignment")]
    [InlineData("""{"name":"c","type":77}""", "type")]
    [InlineData("""{"name":"c","commonLbConfig":{"zoneAwareLbConfig":{}}}""", "common_lb_config.zone_aware_lb_config")]
    [InlineData("""{"name":"c","commonLbConfig":{"consistentHashingLbConfig":{}}}""", "common_lb_config.consistent_hashing_lb_config")]
    [InlineData("""{"name":"c","circuitBreakers":{"perHostThresholds":[{}]}}""", "circuit_breakers.per_host_thresholds")]
    [InlineData("""{"name":"c","circuitBreakers":{"thresholds":[{"maxConnectionPools":1}]}}""", "circuit_breakers.thresholds[0].max_connection_pools")]
    [InlineData("""{"name":"c","outlierDetection":{"enforcingSuccessRate":10}}""", "outlier_detection.enforcing_success_rate")]
    [InlineData("""{"name":"c","outlierDetection":{"interval":"-3s"}}""", "outlier_detection.interval")]
    [InlineData("""{"name":"c","upstreamBindConfig":{"sourceAddress":{"address":"here"}}}""", "upstream_bind_config.source_address")]
    [InlineData("""{"name":"c","upstreamBindConfig":{"freebind":true}}""", "upstream_bind_config.freebind")]
    [InlineData("""{"name":"c","upstreamConnectionOptions":{"tcpKeepalive":{"keepaliveTime":99999}}}""", "upstream_connection_options.tcp_keepalive.keepalive_time")]
    [InlineData("""{"name":"c","originalDstLbConfig":{"upstreamPortOverride":70000}}""", "original_dst_lb_config.upstream_port_override")]
    [InlineData("""{"name":"c","originalDstLbConfig":{"useHttpHeader":true}}""", "original_dst_lb_config")]
    [InlineData("""{"name":"c","roundRobinLbConfig":{"slowStartConfig":{}}}""", "round_robin_lb_config")]
    [InlineData("""{"name":"c","leastRequestLbConfig":{"choiceCount":1}}""", "least_request_lb_config.choice_count")]
    [InlineData("""{"name":"c","loadBalancingPolicy":{}}""", "load_balancing_policy")]
    [InlineData("""{"name":"c","transportSocketMatches":[{"name":"m","match":{"a":1}}]}""", "transport_socket_matches[0].match")]
    [InlineData("""{"name":"c","typedExtensionProtocolOptions":{"x":{"@type":"type.googleapis.com/envoy.config.core.v3.Pipe"}}}""", "typed_extension_protocol_options")]
    [InlineData("""{"name":"c","typedExtensionProtocolOptions":{"OPTIONS":{"@type":"type.googleapis.com/OPTIONS"}}}""", "typed_extension_protocol_options")]
    [InlineData("""{"name":"c","typedExtensionProtocolOptions":{"OPTIONS":{"@type":"type.googleapis.com/OPTIONS","autoConfig":{"http3ProtocolOptions":{}}}}}""", "auto_config.http3_protocol_options")]
    [InlineData("""{"name":"c","typedExtensionProtocolOptions":{"OPTIONS":{"@type":"type.googleapis.com/OPTIONS","explicitHttpConfig":{},"retryPolicy":{}}}}""", "retry_policy")]
    [InlineData("""{"name":"c","transportSocket":{"name":"i","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport","passthroughMetadata":[{"kind":{"cluster":{}},"name":"x"}]}}}""", "passthrough_metadata")]
    [InlineData("""{"name":"c","loadAssignment":{"clusterName":"c","endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"envoyInternalAddress":{}}}}]}]}}""", "envoy_internal_address.server_listener_name")]
    [InlineData("""{"name":"c","loadAssignment":{"clusterName":"c","endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"envoyInternalAddress":{"serverListenerName":"l"}}},"metadata":{"filterMetadata":{"envoy.filters.listener.original_dst":{"local":"db:1"}}}}]}]}}""", "envoy.filters.listener.original_dst")]
    [InlineData("""{"name":"c","transportSocket":{"name":"x","typedConfig":{"@type":"type.googleapis.com/envoy.config.core.v3.Pipe"}}}""", "transport_socket.typed_config")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","allowRenegotiation":true}}}""", "allow_renegotiation")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","commonTlsContext":{"tlsParams":{"tlsMinimumProtocolVersion":"TLSv1_0"}}}}}""", "tls_minimum_protocol_version")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","commonTlsContext":{"keyLog":{"path":"/x"}}}}}""", "key_log")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","commonTlsContext":{"validationContext":{"verifyCertificateSpki":["x"]}}}}}""", "verify_certificate_spki[0]")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","commonTlsContext":{"validationContext":{"trustChainVerification":"ACCEPT_UNTRUSTED"}}}}}""", "trust_chain_verification")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","commonTlsContext":{"validationContext":{"trustedCa":{"filename":"/nonexistent.pem"}}}}}}""", "trusted_ca.filename")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","commonTlsContext":{"validationContext":{"trustedCa":{"environmentVariable":"CA"}}}}}}""", "environment_variable")]
    [InlineData("""{"name":"c","transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","commonTlsContext":{"validationContext":{"matchTypedSubjectAltNames":[{"sanType":"URI","matcher":{"safeRegex":{"regex":".*"}}}]}}}}}""", "match_typed_subject_alt_names[0].matcher")]
    public void Cluster_IsRefused(string json, string path) =>
        AssertRefused<Cluster>(XdsTypeUrls.Cluster, json.Replace("\"TLS\"", $"\"{UpstreamTls}\"", StringComparison.Ordinal).Replace("OPTIONS", HttpOptions, StringComparison.Ordinal), path);

    [Theory]
    [InlineData("""{"endpoints":[{"lbEndpoints":[{}]}]}""", "endpoints[0].lb_endpoints[0]")]
    [InlineData("""{"endpoints":[{"lbEndpoints":[{"endpoint":{}}]}]}""", "endpoints[0].lb_endpoints[0].endpoint.address")]
    [InlineData("""{"endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"socketAddress":{"address":"name.example","portValue":1}}}}]}]}""", "endpoints[0].lb_endpoints[0].endpoint.address")]
    [InlineData("""{"endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"socketAddress":{"address":"1.2.3.4","portValue":65536}}}}]}]}""", "port_value")]
    [InlineData("""{"endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"socketAddress":{"address":"1.2.3.4","namedPort":"http"}}}}]}]}""", "named_port")]
    [InlineData("""{"endpoints":[{"lbEndpoints":[{"endpoint":{"address":{"pipe":{"path":"/x"}}}}]}]}""", "pipe")]
    [InlineData("""{"endpoints":[{"lbEndpoints":[{"loadBalancingWeight":0,"endpoint":{"address":{"socketAddress":{"address":"1.2.3.4","portValue":1}}}}]}]}""", "load_balancing_weight")]
    [InlineData("""{"endpoints":[{"priority":1}]}""", "endpoints")]
    [InlineData("""{"endpoints":[{"priority":129}]}""", "priority")]
    [InlineData("""{"policy":{"dropOverloads":[{}]}}""", "policy.drop_overloads")]
    [InlineData("""{"namedEndpoints":{"a":{}}}""", "named_endpoints")]
    public void Endpoints_AreRefused(string json, string path) =>
        AssertRefused<ClusterLoadAssignment>(XdsTypeUrls.Endpoint, json, path);

    [Theory]
    [InlineData("""{"address":ADDRESS}""", "filter chain")]
    [InlineData("""{"filterChains":[CHAIN]}""", "address")]
    [InlineData("""{"address":{"socketAddress":{"address":"localhost","portValue":1}},"filterChains":[CHAIN]}""", "address.socket_address.address")]
    [InlineData("""{"address":{"socketAddress":{"address":"1.1.1.1","protocol":"UDP"}},"filterChains":[CHAIN]}""", "protocol")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{}]}""", "filter_chains[0].filters")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN,CHAIN]}""", "filter_chains[1].filter_chain_match")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"transparent":true}""", "transparent")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"socketOptions":[{}]}""", "socket_options")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"additionalAddresses":[{}]}""", "additional_addresses")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"apiListener":{}}""", "api_listener")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"listenerFilters":[{"name":"x","typedConfig":{"@type":"type.googleapis.com/envoy.config.core.v3.Pipe"}}]}""", "listener_filters[0].typed_config")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"listenerFilters":[{"name":"x","filterDisabled":{"anyMatch":true},"typedConfig":{"@type":"type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"}}]}""", "listener_filters[0].filter_disabled")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"listenerFilters":[{"name":"x","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol","allowRequestsWithoutProxyProtocol":true}}]}""", "allow_requests_without_proxy_protocol")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filterChainMatch":{"addressSuffix":"x"},FILTERS}]}""", "address_suffix")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filterChainMatch":{"transportProtocol":"quic"},FILTERS}]}""", "transport_protocol")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filterChainMatch":{"serverNames":["a.*.b"]},FILTERS}]}""", "server_names[0]")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filterChainMatch":{"serverNames":["*"]},FILTERS}]}""", "server_names[0]")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filterChainMatch":{"prefixRanges":[{"addressPrefix":"10.0.0.0","prefixLen":33}]},FILTERS}]}""", "prefix_ranges[0].prefix_len")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filterChainMatch":{"destinationPort":0},FILTERS}]}""", "destination_port")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"transportSocket":{"name":"tls","typedConfig":{"@type":"TLS"}},FILTERS}]}""", "transport_socket.typed_config")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","ocspStaplePolicy":7}},FILTERS}]}""", "ocsp_staple_policy")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"transportSocket":{"name":"tls","typedConfig":{"@type":"TLS","requireSni":true}},FILTERS}]}""", "require_sni")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filters":[{"name":"rbac","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC"}},{"name":"tcp","typedConfig":{"@type":"TCP","cluster":"c"}}]}]}""", "filters[0].typed_config")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"accessLog":[{"name":"x","typedConfig":{"@type":"type.googleapis.com/envoy.config.core.v3.Pipe"}}]}""", "access_log[0].typed_config")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"accessLog":[{"name":"x","filter":{"durationFilter":{}},"typedConfig":{"@type":"type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"}}]}""", "access_log[0].filter")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"accessLog":[{"name":"x","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"}}]}""", "access_log[0].typed_config.path")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"accessLog":[{"name":"x","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog","logFormat":{"textFormatSource":{"inlineString":"%FILTER_STATE(x)%"}}}}]}""", "access_log[0].typed_config")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"accessLog":[{"name":"x","typedConfig":{"@type":"type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog","logFormat":{"jsonFormat":{"a":"%NOPE%"}}}}]}""", "access_log[0].typed_config")]
    [InlineData("""{"address":ADDRESS,"filterChains":[CHAIN],"accessLog":[{"name":"x","filter":{"responseFlagFilter":{"flags":["UH","NOPE"]}},"typedConfig":{"@type":"type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"}}]}""", "access_log[0].filter.response_flag_filter.flags[1]")]
    [InlineData("""{"address":ADDRESS,"internalListener":{},"filterChains":[CHAIN]}""", "envoy_internal_address")]
    [InlineData("""{"name":"l","address":{"envoyInternalAddress":{"serverListenerName":"other"}},"internalListener":{},"filterChains":[CHAIN]}""", "envoy_internal_address")]
    [InlineData("""{"internalListener":{},"useOriginalDst":true,"filterChains":[CHAIN]}""", "use_original_dst")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filters":[{"name":"tcp","typedConfig":{"@type":"TCP","cluster":"c","tunnelingConfig":{"hostname":"a:1","usePost":true}}}]}]}""", "tunneling_config.use_post")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filters":[{"name":"tcp","typedConfig":{"@type":"TCP","cluster":"c","tunnelingConfig":{"hostname":"a:1","headersToAdd":[{}]}}}]}]}""", "tunneling_config.headers_to_add")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filters":[{"name":"tcp","typedConfig":{"@type":"TCP","cluster":"c","tunnelingConfig":{"hostname":"%REQUESTED_SERVER_NAME%:443"}}}]}]}""", "tunneling_config.hostname")]
    [InlineData("""{"address":ADDRESS,"filterChains":[{"filters":[{"name":"tcp","typedConfig":{"@type":"TCP","cluster":"c","tunnelingConfig":{"hostname":"database"}}}]}]}""", "tunneling_config.hostname")]
    public void Listener_IsRefused(string json, string path) => AssertRefused<Listener>(
        XdsTypeUrls.Listener,
        json.Replace("ADDRESS", """{"socketAddress":{"address":"127.0.0.1","portValue":80}}""", StringComparison.Ordinal)
            .Replace("CHAIN", "{FILTERS}", StringComparison.Ordinal)
            .Replace("FILTERS", "\"filters\":[{\"name\":\"tcp\",\"typedConfig\":{\"@type\":\"TCP\",\"cluster\":\"c\"}}]", StringComparison.Ordinal)
            .Replace("\"TCP\"", $"\"{Tcp}\"", StringComparison.Ordinal)
            .Replace("\"TLS\"", $"\"{DownstreamTls}\"", StringComparison.Ordinal),
        path);

    [Theory]
    [InlineData("\"httpFilters\":[]", "http_filters")]
    [InlineData("\"httpFilters\":[ROUTER,ROUTER]", "http_filters[0]")]
    [InlineData("\"httpFilters\":[{\"name\":\"x\",\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC\"}},ROUTER]", "http_filters[0].typed_config")]
    [InlineData("\"httpFilters\":[{\"name\":\"x\"},ROUTER]", "http_filters[0].typed_config")]
    [InlineData("\"httpFilters\":[{\"name\":\"x\",\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault\",\"abort\":{\"headerAbort\":{}}}},ROUTER]", "http_filters[0].typed_config.abort.header_abort")]
    [InlineData("\"httpFilters\":[{\"name\":\"x\",\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault\",\"abort\":{\"httpStatus\":600}}},ROUTER]", "http_filters[0].typed_config.abort.http_status")]
    [InlineData("\"httpFilters\":[{\"name\":\"x\",\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault\",\"delay\":{\"headerDelay\":{}}}},ROUTER]", "http_filters[0].typed_config.delay.header_delay")]
    [InlineData("\"httpFilters\":[{\"name\":\"x\",\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault\",\"responseRateLimit\":{}}},ROUTER]", "http_filters[0].typed_config.response_rate_limit")]
    [InlineData("\"httpFilters\":[{\"name\":\"router\",\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\",\"suppressEnvoyHeaders\":true}}]", "suppress_envoy_headers")]
    [InlineData("\"tracing\":{},\"httpFilters\":[ROUTER]", "tracing")]
    [InlineData("\"codecType\":\"HTTP3\",\"httpFilters\":[ROUTER]", "codec_type")]
    [InlineData("\"localReplyConfig\":{},\"httpFilters\":[ROUTER]", "local_reply_config")]
    [InlineData("\"streamIdleTimeout\":\"-1s\",\"httpFilters\":[ROUTER]", "stream_idle_timeout")]
    [InlineData("\"maxRequestHeadersKb\":9000,\"httpFilters\":[ROUTER]", "max_request_headers_kb")]
    [InlineData("\"httpProtocolOptions\":{\"allowChunkedLength\":true},\"httpFilters\":[ROUTER]", "http_protocol_options.allow_chunked_length")]
    [InlineData("\"requestIdExtension\":{\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.config.core.v3.Pipe\"}},\"httpFilters\":[ROUTER]", "request_id_extension")]
    public void ConnectionManager_IsRefused(string fields, string path) =>
        AssertRefused<Listener>(XdsTypeUrls.Listener, ManagerListener($"\"routeConfig\":{{}},{fields}"), $"filter_chains[0].filters[0].typed_config|{path}");

    [Theory]
    [InlineData("\"httpFilters\":[ROUTER]", "routes")]
    [InlineData("\"scopedRoutes\":{},\"httpFilters\":[ROUTER]", "scoped_routes")]
    [InlineData("\"rds\":{\"routeConfigName\":\"a\"},\"httpFilters\":[ROUTER]", "rds.config_source")]
    [InlineData("\"rds\":{\"configSource\":{\"ads\":{}}},\"httpFilters\":[ROUTER]", "rds.route_config_name")]
    [InlineData("\"routeConfig\":{\"virtualHosts\":[{\"name\":\"v\",\"domains\":[\"*\"],\"typedPerFilterConfig\":{\"cors\":{\"@type\":\"type.googleapis.com/envoy.config.core.v3.Pipe\"}}}]},\"httpFilters\":[ROUTER]", "route_config.virtual_hosts[0].typed_per_filter_config")]
    public void RoutesOfAConnectionManager_AreRefused(string fields, string path) =>
        AssertRefused<Listener>(XdsTypeUrls.Listener, ManagerListener(fields), path);

    [Theory]
    [InlineData("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[{"match":{"prefix":"/"},"route":{"weightedClusters":{"clusters":[{"name":"a","weight":1,"typedPerFilterConfig":{"fault":{"@type":"type.googleapis.com/envoy.config.core.v3.Pipe"}}}]}}}]}]}""", "virtual_hosts[0].routes[0].route.weighted_clusters.clusters[0].typed_per_filter_config")]
    [InlineData("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[{"match":{"safeRegex":{"regex":"("}},"route":{"cluster":"a"}}]}]}""", "virtual_hosts[0].routes[0].match.safe_regex")]
    [InlineData("""{"vhds":{}}""", "vhds")]
    [InlineData("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"a"},"typedPerFilterConfig":{"fault":{"@type":"type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault","downstreamNodes":["n"]}}}]}]}""", "virtual_hosts[0].routes[0].typed_per_filter_config[fault].downstream_nodes")]
    [InlineData("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"a"},"typedPerFilterConfig":{"cors":{"@type":"type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy","shadowEnabled":{}}}}]}]}""", "virtual_hosts[0].routes[0].typed_per_filter_config[cors].shadow_enabled")]
    [InlineData("""{"virtualHosts":[{"name":"v","domains":["*"],"rateLimits":[{}]}]}""", "virtual_hosts[0].rate_limits")]
    [InlineData("""{"virtualHosts":[{"name":"v","domains":["*"],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"a","rateLimits":[{}]}}]}]}""", "virtual_hosts[0].routes[0].route.rate_limits")]
    public void Routes_AreRefused(string json, string path) => AssertRefused<RouteConfiguration>(XdsTypeUrls.Route, json, path);

    [Theory]
    [InlineData("""{}""", "tls_certificate")]
    [InlineData("""{"genericSecret":{}}""", "generic_secret")]
    [InlineData("""{"sessionTicketKeys":{}}""", "session_ticket_keys")]
    [InlineData("""{"tlsCertificate":{"certificateChain":{"inlineString":"x"}}}""", "tls_certificate")]
    [InlineData("""{"tlsCertificate":{"certificateChain":{"inlineString":"x"},"privateKey":{"inlineString":"x"},"password":{"inlineString":"x"}}}""", "tls_certificate.password")]
    [InlineData("""{"validationContext":{"trustedCa":{}}}""", "validation_context.trusted_ca")]
    public void Secret_IsRefused(string json, string path) => AssertRefused<Secret>(XdsTypeUrls.Secret, json, path);

    private static string ManagerListener(string fields) =>
        $$$"""
        {"name":"l","address":{"socketAddress":{"address":"127.0.0.1","portValue":80}},"filterChains":[{"filters":[{"name":"h","typedConfig":{
          "@type":"{{{Manager}}}",{{{fields.Replace("ROUTER", Router, StringComparison.Ordinal)}}}
        }}]}]}
        """;

    /// <summary>The resource is refused with a text that has each of the parts (separated by a bar).</summary>
    private static void AssertRefused<T>(string type, string json, string parts)
        where T : class, IMessage<T>, new()
    {
        var message = ProtoJson.Parse<T>(json);
        var nameField = message.Descriptor.FindFieldByNumber(1);
        var name = (string)nameField.Accessor.GetValue(message);
        var refusals = new ConfigurationStore(TimeProvider.System).Apply(new AdsUpdate(type, "1", [new ReceivedResource(name, "1", Any.Pack(message))], []));

        var refusal = Assert.Single(refusals);
        Assert.All(parts.Split('|'), part => Assert.Contains(part, refusal.Error));
    }
}
