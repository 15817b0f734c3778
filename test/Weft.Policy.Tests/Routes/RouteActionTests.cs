using System.Text;
using Weft.Policy.LoadBalancing;
using Weft.Policy.Retries;
using Weft.Policy.Routes;

namespace Weft.Policy.Tests.Routes;

public sealed class RouteActionTests
{
    [Theory]
    [InlineData("""{"prefix":"/api"}""", "\"prefixRewrite\":\"/\"", "/api/x?q=1", "//x?q=1")]
    [InlineData("""{"prefix":"/api/"}""", "\"prefixRewrite\":\"/\"", "/api/x?q=1", "/x?q=1")]
    [InlineData("""{"prefix":"/API","caseSensitive":false}""", "\"prefixRewrite\":\"/v2\"", "/api/x", "/v2/x")]
    [InlineData("""{"path":"/api"}""", "\"prefixRewrite\":\"/v2\"", "/api?q", "/v2?q")]
    [InlineData("""{"pathSeparatedPrefix":"/api"}""", "\"prefixRewrite\":\"/v2\"", "/api/x", "/v2/x")]
    [InlineData("""{"safeRegex":{"regex":"/api/.*"}}""", "\"prefixRewrite\":\"/v2\"", "/api/x", "/v2")]
    [InlineData("""{"prefix":"/"}""", "\"regexRewrite\":{\"pattern\":{\"regex\":\"^/service/([^/]+)(/.*)$\"},\"substitution\":\"\\\\2/instance/\\\\1\"}", "/service/foo/v1?a=b", "/v1/instance/foo?a=b")]
    [InlineData("""{"prefix":"/"}""", "\"timeout\":\"1s\"", "/a?", "/a?")]
    [InlineData("""{"prefix":"/"}""", "\"timeout\":\"1s\"", "http://other?x", "/?x")]
    public void Target_IsRewritten(string match, string action, string target, string expected)
    {
        RouteTable table = TestRequest.WithRoutes(Json.Fill("""{"name":"r","match":$1,"route":{"cluster":"c",$2}}""", match, action));
        TestRequest request = TestRequest.Get("h", target);
        ForwardAction forward = Assert.IsType<ForwardAction>(request.In(table).Route?.Forward);
        byte[] buffer = new byte[100];
        int length = forward.WriteTarget(request.View, buffer);
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, length));
        Assert.Equal(action.Contains("ewrite"), forward.RewritesPath);
        Assert.Equal(-1, forward.WriteTarget(request.View, buffer.AsSpan(0, length - 1)));
    }

    [Theory]
    [InlineData("\"httpsRedirect\":true", "h:80", "/a?b", "https://h/a?b")]
    [InlineData("\"httpsRedirect\":true", "h:8080", "/a", "https://h:8080/a")]
    [InlineData("\"httpsRedirect\":true,\"portRedirect\":8443", "h:8080", "/a", "https://h:8443/a")]
    [InlineData("\"schemeRedirect\":\"ftp\"", "h", "/a", "ftp://h/a")]
    [InlineData("\"hostRedirect\":\"new.example\"", "h:80", "/a?b", "http://new.example/a?b")]
    [InlineData("\"hostRedirect\":\"new.example\",\"portRedirect\":443", "h", "/a", "http://new.example:443/a")]
    [InlineData("\"pathRedirect\":\"/new\"", "h", "/a?b", "http://h/new?b")]
    [InlineData("\"pathRedirect\":\"/new\",\"stripQuery\":true", "h", "/a?b", "http://h/new")]
    [InlineData("\"pathRedirect\":\"/new?x=y\",\"stripQuery\":true", "h", "/a?b", "http://h/new?x=y")]
    [InlineData("\"prefixRewrite\":\"/new\"", "h", "/old/a?b", "http://h/new/a?b")]
    [InlineData("\"prefixRewrite\":\"/new\",\"stripQuery\":true", "h", "/old/a?b", "http://h/new/a")]
    [InlineData("\"regexRewrite\":{\"pattern\":{\"regex\":\"/old/(.*)\"},\"substitution\":\"/\\\\1\"}", "h", "/old/a?b", "http://h/a?b")]
    public void Redirect_BuildsTheLocation(string action, string host, string target, string expected)
    {
        RouteTable table = TestRequest.WithRoutes(Json.Fill("""{"match":{"prefix":"/old"},"redirect":{$1,"responseCode":"PERMANENT_REDIRECT"}},{"match":{"prefix":"/"},"redirect":{$1,"responseCode":"PERMANENT_REDIRECT"}}""", action));
        TestRequest request = TestRequest.Get(host, target);
        RedirectRule redirect = Assert.IsType<RedirectRule>(request.In(table).Route?.Redirect);
        byte[] buffer = new byte[200];
        int length = redirect.WriteLocation(request.View, new RouteInput(0, false), buffer);
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, length));
        Assert.Equal(308, redirect.Status);
        for (int room = 0; room < length; room++)
            Assert.Equal(-1, redirect.WriteLocation(request.View, new RouteInput(0, false), buffer.AsSpan(0, room)));
        Assert.Equal(0, Allocation.Of(() => redirect.WriteLocation(request.View, new RouteInput(0, false), buffer)));
    }

    [Fact]
    public void WeightedClusters_SplitByWeight()
    {
        RouteTable table = TestRequest.WithRoutes("""{"name":"r","match":{"prefix":"/"},"route":{"weightedClusters":{"clusters":[{"name":"v2","weight":50},{"name":"none","weight":0},{"name":"v3","weight":50}]}}}""");
        Random random = new(7);
        TestRequest request = TestRequest.Get("h", "/");
        Dictionary<string, int> counts = new() { ["v2"] = 0, ["v3"] = 0 };
        for (int i = 0; i < 10_000; i++)
            counts[request.In(table, (ulong)random.NextInt64()).Cluster!.Name]++;
        // The binomial 99.9 % interval of 10,000 draws at one half: 5000 ± 3.29 × 50.
        Assert.InRange(counts["v2"], 4836, 5164);
        Assert.Equal(10_000, counts["v2"] + counts["v3"]);
        Assert.Same(request.In(table, 42).Cluster, request.In(table, 42).Cluster);
    }

    [Fact]
    public void ForwardSettings_AreKept()
    {
        RouteTable table = TestRequest.WithRoutes("""
            {"name":"r","match":{"prefix":"/"},"decorator":{"operation":"op"},"metadata":{"filterMetadata":{"istio":{"config":"x"}}},"perRequestBufferLimitBytes":9,
             "route":{"cluster":"c","timeout":"0s","idleTimeout":"2.5s","hostRewriteLiteral":"up.example","appendXForwardedHost":true,"priority":"HIGH",
               "clusterNotFoundResponseCode":"NOT_FOUND","maxStreamDuration":{"maxStreamDuration":"0s","grpcTimeoutHeaderMax":"3s"},
               "retryPolicy":{"retryOn":"connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,503","numRetries":2,"perTryTimeout":"1s","retriableStatusCodes":[502],
                 "retryHostPredicate":[{"name":"envoy.retry_host_predicates.previous_hosts"}],"hostSelectionRetryMaxAttempts":"5","retryBackOff":{"baseInterval":"0.010s"}},
               "requestMirrorPolicies":[{"cluster":"m","runtimeFraction":{"defaultValue":{"numerator":10}}}],
               "hashPolicy":[{"header":{"headerName":"x-user"},"terminal":true},{"cookie":{"name":"sid","ttl":"0s","path":"/"}},{"connectionProperties":{"sourceIp":true}},{"queryParameter":{"name":"q"}}],
               "upgradeConfigs":[{"upgradeType":"websocket"},{"upgradeType":"CONNECT","enabled":false}],
               "rateLimits":[{"actions":[{"remoteAddress":{}}]}],"includeVhRateLimits":true}}
            """);
        RouteEntry route = table.VirtualHosts[0].Routes[0];
        ForwardAction forward = route.Forward!;
        Assert.Equal(("op", 9u, "x"), (route.DecoratorOperation, route.BufferLimitBytes, route.Metadata!.FilterMetadata["istio"].Fields["config"].StringValue));
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(2.5), TimeSpan.Zero, TimeSpan.FromSeconds(3)), (forward.Timeout, forward.IdleTimeout, forward.MaxStreamDuration, forward.GrpcTimeoutMax));
        Assert.Equal("up.example", Encoding.ASCII.GetString(forward.HostRewrite!));
        Assert.True(forward is { AppendForwardedHost: true, HighPriority: true, ClusterNotFoundStatus: 404, IncludeVirtualHostRateLimits: true, RateLimits.Count: 1 });
        RetryPolicy retry = forward.Retry!;
        Assert.Equal(
            RetryConditions.ConnectFailure | RetryConditions.RefusedStream | RetryConditions.GrpcUnavailable | RetryConditions.GrpcCancelled | RetryConditions.RetriableStatusCodes, retry.On);
        Assert.Equal([502u, 503u], retry.StatusCodes);
        Assert.True(retry is { Retries: 2, AvoidPreviousHosts: true, HostSelectionAttempts: 5 });
        Assert.Equal((10, 100), (retry.BackOffBase.TotalMilliseconds, retry.BackOffMax.TotalMilliseconds));
        Assert.Equal(new MirrorRule("m", null, 10, 100, true), Assert.Single(forward.Mirrors));
        Assert.Equal([HashRuleKind.Header, HashRuleKind.Cookie, HashRuleKind.SourceAddress, HashRuleKind.QueryParameter], forward.HashRules.Select(rule => rule.Kind));
        Assert.Equal([true, false], forward.Upgrades.Select(upgrade => upgrade.Enabled));
    }

    [Fact]
    public void UnsetSettings_HaveEnvoysDefaults()
    {
        RouteTable table = TestRequest.Compile("""{"virtualHosts":[{"name":"v","domains":["*"],"retryPolicy":{"retryOn":"5xx"},"requestMirrorPolicies":[{"cluster":"m"}],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"c"}}]}]}""");
        ForwardAction forward = table.VirtualHosts[0].Routes[0].Forward!;
        Assert.Equal((TimeSpan.FromSeconds(15), null, null, null), (forward.Timeout, forward.IdleTimeout, forward.MaxStreamDuration, forward.GrpcTimeoutMax));
        Assert.True(forward.Retry is { Retries: 1, On: RetryConditions.ServerError, HostSelectionAttempts: 1, AvoidPreviousHosts: false, PerTryTimeout: null });
        Assert.Equal((25, 250), (forward.Retry!.BackOffBase.TotalMilliseconds, forward.Retry.BackOffMax.TotalMilliseconds));
        Assert.Equal(new MirrorRule("m", null, 1, 1, true), Assert.Single(forward.Mirrors));
        Assert.Equal(503, forward.ClusterNotFoundStatus);
    }

    [Fact]
    public void DirectResponse_HasStatusAndBody()
    {
        RouteTable table = TestRequest.WithRoutes("""{"match":{"prefix":"/"},"directResponse":{"status":418,"body":{"inlineString":"tea"}}}""");
        DirectResponseRule rule = table.VirtualHosts[0].Routes[0].DirectResponse!;
        Assert.Equal((418, "tea"), (rule.Status, Encoding.ASCII.GetString(rule.Body)));
        Assert.Equal(
            ["virtual_hosts[v].routes[0].direct_response.body: the body has 5000 bytes; max_direct_response_body_size_bytes allows 4096."],
            TestRequest.RouteErrors(Json.Fill("""{"match":{"prefix":"/"},"directResponse":{"status":200,"body":{"inlineString":"$1"}}}""", new string('b', 5000))));
    }

    [Theory]
    [InlineData("""{"route":{"cluster":"c"}}""", "match: a route needs a match.")]
    [InlineData("""{"match":{},"route":{"cluster":"c"}}""", "match: one of prefix, path, safe_regex, path_separated_prefix and connect_matcher must be set.")]
    [InlineData("""{"match":{"prefix":"/","dynamicMetadata":[{}]},"route":{"cluster":"c"}}""", "match.dynamic_metadata: this field is not supported.")]
    [InlineData("""{"match":{"prefix":"/","filterState":[{}]},"route":{"cluster":"c"}}""", "match.filter_state: this field is not supported.")]
    [InlineData("""{"match":{"pathSeparatedPrefix":"/a/"},"route":{"cluster":"c"}}""", "match.path_separated_prefix: the prefix must start with a slash, must not end with one, and has neither ? nor #.")]
    [InlineData("""{"match":{"safeRegex":{"regex":"("}},"route":{"cluster":"c"}}""", "match.safe_regex.regex: A parenthesis is not closed (at character 1 of the pattern).")]
    [InlineData("""{"match":{"prefix":"/","headers":[{"name":"a b"}]},"route":{"cluster":"c"}}""", "match.headers[0].name: 'a b' is not a header name.")]
    [InlineData("""{"match":{"prefix":"/","headers":[{"name":"a","stringMatch":{}}]},"route":{"cluster":"c"}}""", "match.headers[0].string_match: one of exact, prefix, suffix, contains and safe_regex must be set.")]
    [InlineData("""{"match":{"prefix":"/","queryParameters":[{}]},"route":{"cluster":"c"}}""", "match.query_parameters[0].name: a query parameter needs a name.")]
    [InlineData("""{"match":{"prefix":"/"}}""", "one of route, redirect and direct_response must be set; other actions are not supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{}}""", "route: one of cluster, cluster_header and weighted_clusters must be set.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"clusterSpecifierPlugin":"x"}}""", "route: cluster specifier plugins are not supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"weightedClusters":{"clusters":[{"name":"a","weight":0}]}}}""", "route.weighted_clusters.clusters: the sum of all weights must be between 1 and 4,294,967,295.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"weightedClusters":{"clusters":[{"weight":1}]}}}""", "route.weighted_clusters.clusters[0]: exactly one of name and cluster_header must be set.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"weightedClusters":{"totalWeight":100,"clusters":[{"name":"a","weight":1}]}}}""", "route.weighted_clusters.total_weight: the weights add up to 1, not to 100.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","internalRedirectPolicy":{}}}""", "route.internal_redirect_policy: this field is not supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","hedgePolicy":{}}}""", "route.hedge_policy: this field is not supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","cors":{}}}""", "route.cors: this field is not supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","metadataMatch":{}}}""", "route.metadata_match: this field is not supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","timeout":"-1s"}}""", "route.timeout: the duration must be between 0 and 10,000 years.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","prefixRewrite":"/a b"}}""", "route.prefix_rewrite: '/a b' holds a space, a control character or a #.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","prefixRewrite":"/","regexRewrite":{"pattern":{"regex":"a"}}}}""", "route.regex_rewrite: only one of prefix_rewrite and regex_rewrite can be set.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","regexRewrite":{"pattern":{"regex":"a"},"substitution":"\\3"}}}""", "route.regex_rewrite: The substitution '\\3' names group 3, but the pattern has 0.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","retryPolicy":{"retryOn":"5xx,moon-phase"}}}""", "route.retry_policy.retry_on: 'moon-phase' is not a condition for retries.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","retryPolicy":{"retryHostPredicate":[{"name":"x"}]}}}""", "route.retry_policy.retry_host_predicate[0]: 'x' is not supported; only envoy.retry_host_predicates.previous_hosts is.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","retryPolicy":{"retryBackOff":{"baseInterval":"1s","maxInterval":"0.5s"}}}}""", "route.retry_policy.retry_back_off: base_interval must be greater than 0 and max_interval not less than base_interval.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","hashPolicy":[{"filterState":{"key":"a"}}]}}""", "route.hash_policy[0]: only header, cookie, connection_properties and query_parameter are supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c","requestMirrorPolicies":[{}]}}""", "route.request_mirror_policies[0]: exactly one of cluster and cluster_header must be set.")]
    [InlineData("""{"match":{"prefix":"/"},"directResponse":{"status":199}}""", "direct_response.status: 199 is not a status from 200 to 599.")]
    [InlineData("""{"match":{"prefix":"/"},"directResponse":{"status":200,"body":{"filename":"/etc/passwd"}}}""", "direct_response.body: only inline_string and inline_bytes are supported.")]
    [InlineData("""{"match":{"prefix":"/"},"redirect":{"portRedirect":70000}}""", "redirect.port_redirect: 70000 is not a port.")]
    [InlineData("""{"match":{"prefix":"/"},"redirect":{"hostRedirect":"a\r\nb"}}""", "redirect.host_redirect: the text holds a control character.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"c"},"tracing":{}}""", "tracing: this field is not supported.")]
    [InlineData("""{"match":{"prefix":"/"},"route":{"cluster":"a","upgradeConfigs":[{"upgradeType":"websocket","connectConfig":{}}]}}""", "route.upgrade_configs[0].connect_config: only the upgrade type CONNECT can have it.")]
    [InlineData("""{"match":{"connectMatcher":{}},"route":{"cluster":"a","upgradeConfigs":[{"upgradeType":"CONNECT","connectConfig":{"allowPost":true}}]}}""", "route.upgrade_configs[0].connect_config.allow_post: this field is not supported.")]
    public void BadRoute_IsRefusedByName(string route, string error) => Assert.Equal(["virtual_hosts[v].routes[0]" + (error.StartsWith("one of route") ? ": " : ".") + error], TestRequest.RouteErrors(route));
}
