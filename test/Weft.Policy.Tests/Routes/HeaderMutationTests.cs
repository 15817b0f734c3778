using Weft.Policy.Formatting;
using Weft.Policy.Routes;

namespace Weft.Policy.Tests.Routes;

public sealed class HeaderMutationTests
{
    private const string Levels = """
        "requestHeadersToAdd":[{"header":{"key":"x-set","value":"table"},"appendAction":"OVERWRITE_IF_EXISTS_OR_ADD"},{"header":{"key":"x-all","value":"table"}}],
        "virtualHosts":[{"name":"v","domains":["*"],
          "requestHeadersToAdd":[{"header":{"key":"x-set","value":"host"},"appendAction":"OVERWRITE_IF_EXISTS_OR_ADD"},{"header":{"key":"x-all","value":"host"}}],
          "routes":[{"name":"r","match":{"prefix":"/"},
            "requestHeadersToAdd":[{"header":{"key":"x-set","value":"route"},"appendAction":"OVERWRITE_IF_EXISTS_OR_ADD"},{"header":{"key":"x-all","value":"route"}}],
            "route":{"weightedClusters":{"clusters":[{"name":"c","weight":1,
              "requestHeadersToAdd":[{"header":{"key":"x-set","value":"cluster"},"appendAction":"OVERWRITE_IF_EXISTS_OR_ADD"},{"header":{"key":"x-all","value":"cluster"}}]}]}}}]}]
        """;

    [Fact]
    public void Levels_AreAppliedFromTheMostSpecificOn()
    {
        TestRequest request = TestRequest.Get("h", "/", "x-set: client\r\n");
        ClusterChoice cluster = request.In(TestRequest.Compile(Json.Fill("""{$1}""", Levels))).Cluster!;
        Assert.Equal("x-all: cluster\nx-all: route\nx-all: host\nx-set: table\nx-all: table", request.Apply(cluster.RequestMutations));
    }

    [Fact]
    public void MostSpecificWins_TurnsTheOrderAround()
    {
        TestRequest request = TestRequest.Get("h", "/", "x-set: client\r\n");
        ClusterChoice cluster = request.In(TestRequest.Compile(Json.Fill("""{"mostSpecificHeaderMutationsWins":true,$1}""", Levels))).Cluster!;
        Assert.Equal("x-all: table\nx-all: host\nx-all: route\nx-set: cluster\nx-all: cluster", request.Apply(cluster.RequestMutations));
    }

    [Theory]
    [InlineData("\"appendAction\":\"APPEND_IF_EXISTS_OR_ADD\"", "x: old", "x: old\nx: new")]
    [InlineData("\"appendAction\":\"APPEND_IF_EXISTS_OR_ADD\"", "y: old", "y: old\nx: new")]
    [InlineData("\"appendAction\":\"ADD_IF_ABSENT\"", "x: old", "x: old")]
    [InlineData("\"appendAction\":\"ADD_IF_ABSENT\"", "y: old", "y: old\nx: new")]
    [InlineData("\"appendAction\":\"OVERWRITE_IF_EXISTS_OR_ADD\"", "x: old\r\nX: older", "x: new")]
    [InlineData("\"appendAction\":\"OVERWRITE_IF_EXISTS\"", "x: old", "x: new")]
    [InlineData("\"appendAction\":\"OVERWRITE_IF_EXISTS\"", "y: old", "y: old")]
    [InlineData("\"append\":true", "x: old", "x: old\nx: new")]
    [InlineData("\"append\":false", "x: old", "x: new")]
    public void Addition_FollowsItsAction(string action, string headers, string expected)
    {
        TestRequest request = TestRequest.Get("h", "/", headers + "\r\n");
        RouteTable table = TestRequest.WithRoutes(Json.Fill("""{"match":{"prefix":"/"},"requestHeadersToAdd":[{"header":{"key":"x","value":"new"},$1}],"route":{"cluster":"c"}}""", action));
        Assert.Equal(expected, request.Apply(request.In(table).Route!.RequestMutations));
    }

    [Fact]
    public void Removal_ComesBeforeAddition()
    {
        TestRequest request = TestRequest.Get("h", "/", "x: old\r\nX-Gone: 1\r\n");
        RouteTable table = TestRequest.WithRoutes("""{"match":{"prefix":"/"},"requestHeadersToAdd":[{"header":{"key":"x","value":"new"}}],"requestHeadersToRemove":["X","x-gone"],"route":{"cluster":"c"}}""");
        Assert.Equal("x: new", request.Apply(request.In(table).Route!.RequestMutations));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("100%%", "100%")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS%", "10.0.0.1:5000")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.0.0.1")]
    [InlineData("%DOWNSTREAM_REMOTE_PORT%", "5000")]
    [InlineData("%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "::1")]
    [InlineData("<%REQ(x-user)%>", "<jason>")]
    [InlineData("%REQ(x-none?x-user):3%", "jas")]
    [InlineData("%REQ(x-none)%", "")]
    [InlineData("%REQ(:METHOD)%", "error")]
    [InlineData("%REQ(:method)% %REQ(:path)% %REQ(:authority)%", "GET /a?b h")]
    [InlineData("%PROTOCOL%", "HTTP/1.1")]
    [InlineData("%START_TIME%", "2026-02-03T04:05:06.789Z")]
    [InlineData("%HOSTNAME%", "node-1")]
    [InlineData("%UPSTREAM_CLUSTER%", "")]
    [InlineData("%RESPONSE_CODE%", "")]
    [InlineData("%RESP(x)%", "")]
    public void Value_IsFormatted(string value, string expected)
    {
        TestRequest request = TestRequest.Get("h", "/a?b", "x-user: jason\r\n");
        if (expected == "error")
        {
            Assert.False(HeaderFormat.TryCompile(value, out _, out string? error));
            Assert.Equal("The command %REQ(:METHOD)% is not supported in header values.", error);
            return;
        }

        Assert.True(HeaderFormat.TryCompile(value, out HeaderFormat? format, out _));
        FormatInput input = new()
        {
            Request = request.View,
            DownstreamRemoteAddress = "10.0.0.1:5000"u8,
            DownstreamLocalAddress = "[::1]:80"u8,
            Hostname = "node-1"u8,
            StartTime = new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero),
        };
        byte[] buffer = new byte[100];
        Assert.True(format.TryWrite(input, buffer, out int length));
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(buffer, 0, length));
        Assert.Equal(length == 0, format.TryWrite(input, buffer.AsSpan(0, Math.Max(0, length - 1)), out _));
        Assert.Equal(!value.Replace("%%", "").Contains('%'), format.IsConstant);
    }

    [Theory]
    [InlineData("%FOO%", "The command %FOO% is not supported in header values.")]
    [InlineData("%REQ(a b)%", "The command %REQ(a b)% is not supported in header values.")]
    [InlineData("%REQ(x%", "The command %REQ(x% is not supported in header values.")]
    [InlineData("%REQ(x):y%", "The command %REQ(x):y% is not supported in header values.")]
    [InlineData("%START_TIME(%s)%", "The command %START_TIME(% is not supported in header values.")]
    [InlineData("%PER_REQUEST_STATE(x)%", "The command %PER_REQUEST_STATE(x)% is not supported in header values.")]
    [InlineData("50%", "In '50%' the % at character 3 is not closed; write %% for the sign itself.")]
    [InlineData("a\r\nb", "The value 'a\r\nb' holds a control character.")]
    public void BadValue_IsRefusedWithASentence(string value, string expected)
    {
        Assert.False(HeaderFormat.TryCompile(value, out _, out string? error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("""{"header":{"key":"Host","value":"a"}}""", "header.key: 'Host' cannot be changed here; use host_rewrite_literal or prefix_rewrite.")]
    [InlineData("""{"header":{"key":"Content-Length","value":"1"}}""", "header.key: 'Content-Length' frames the message and cannot be changed.")]
    [InlineData("""{"header":{"key":"a b","value":"1"}}""", "header.key: 'a b' is not a header name.")]
    [InlineData("""{"header":{"key":"x","value":"%FOO%"}}""", "header.value: The command %FOO% is not supported in header values.")]
    [InlineData("{}", "header.key: '' is not a header name.")]
    public void BadAddition_IsRefusedByName(string addition, string error) => Assert.Equal(
        ["virtual_hosts[v].routes[0].request_headers_to_add[0]." + error],
        TestRequest.RouteErrors(Json.Fill("""{"match":{"prefix":"/"},"requestHeadersToAdd":[$1],"route":{"cluster":"c"}}""", addition)));

    [Fact]
    public void EmptyValue_IsLeftOutUnlessKept()
    {
        TestRequest request = TestRequest.Get("h", "/");
        RouteTable table = TestRequest.WithRoutes("""{"match":{"prefix":"/"},"requestHeadersToAdd":[{"header":{"key":"x","value":"%REQ(none)%"}},{"header":{"key":"y"},"keepEmptyValue":true}],"route":{"cluster":"c"}}""");
        Assert.Equal("y:", request.Apply(request.In(table).Route!.RequestMutations).TrimEnd());
    }

    [Fact]
    public void FilterConfigs_OfTheMostSpecificLevelWin()
    {
        static string Percent(string value) => Json.Fill("""{"@type":"type.googleapis.com/envoy.type.v3.Percent","value":$1}""", value);
        RouteTable table = TestRequest.Compile(Json.Fill(
            """
            {"typedPerFilterConfig":{"a":$1,"b":$1,"c":$1},"virtualHosts":[{"name":"v","domains":["*"],"typedPerFilterConfig":{"b":$2,"c":$2},
              "routes":[{"match":{"prefix":"/"},"typedPerFilterConfig":{"c":$3},"route":{"cluster":"x"}}]}]}
            """,
            Percent("1"), Percent("2"), Percent("3")));
        RouteEntry route = table.VirtualHosts[0].Routes[0];
        Assert.Equal([1.0, 2.0, 3.0], new[] { "a", "b", "c" }.Select(name => route.FilterConfigs[name].Unpack<Envoy.Type.V3.Percent>().Value));
    }

    [Fact]
    public void Applying_AllocatesNothing()
    {
        TestRequest request = TestRequest.Get("h", "/", "x-set: client\r\n");
        HeaderMutations mutations = request.In(TestRequest.Compile(Json.Fill("""{$1}""", Levels))).Cluster!.RequestMutations;
        Assert.Equal(0, Allocation.Of(() =>
        {
            request.Edits.Reset();
            mutations.Apply(request.View.Headers, default);
        }));
    }
}
