using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class CorsFilterTests
{
    private const string Policy = """
        "allow_origin_string_match": [{"exact": "https://a.test"}, {"prefix": "https://dev-"}, {"safe_regex": {"regex": "https://[a-z]+\\.b\\.test"}}],
        "allow_methods": "GET,PUT", "allow_headers": "x-one,x-two", "expose_headers": "x-seen", "max_age": "600", "allow_credentials": true
        """;

    private const string Upstream = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: x-inner\r\n\r\nok";

    [Theory]
    [InlineData("https://a.test")]
    [InlineData("https://dev-7.test")]
    [InlineData("https://api.b.test")]
    public async Task PreflightFromAnAllowedOrigin_IsAnsweredHere(string origin)
    {
        using ScriptedServer server = ScriptedServer.Answering(Upstream);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.CorsRoute(Policy));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync($"OPTIONS /a HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: PUT\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Equal("", body);
        Assert.Contains($"access-control-allow-origin: {origin}\r\n", head);
        Assert.Contains("access-control-allow-credentials: true\r\n", head);
        Assert.Contains("access-control-allow-methods: GET,PUT\r\n", head);
        Assert.Contains("access-control-allow-headers: x-one,x-two\r\n", head);
        Assert.Contains("access-control-max-age: 600\r\n", head);
        Assert.DoesNotContain("expose", head);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.None, "cors_response"), (record.Status, record.Flags, record.Details));
        Assert.Equal(0, server.Requests);
        Assert.Equal(1, await proxy.StatAsync("http.test.cors.origin_valid"));
    }

    [Fact]
    public async Task ActualRequestFromAnAllowedOrigin_IsMarkedInTheUpstreamsPlace()
    {
        using ScriptedServer server = ScriptedServer.Answering(Upstream);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.CorsRoute(Policy));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.Equal("ok", body);
        Assert.Contains("access-control-allow-origin: https://a.test\r\n", head);
        Assert.Contains("access-control-allow-credentials: true\r\n", head);
        Assert.Contains("access-control-expose-headers: x-seen\r\n", head);
        Assert.DoesNotContain("Access-Control-Allow-Origin: *", head);
        Assert.DoesNotContain("x-inner", head);
        Assert.DoesNotContain("allow-methods", head);
    }

    [Fact]
    public async Task FailureOfAnActualRequest_IsMarkedToo()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(), FilteredProxy.Manager(FilteredProxy.CorsRoute(Policy)));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n\r\n");
        (string head, _) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Contains("access-control-allow-origin: https://a.test\r\n", head);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Origin: https://evil.test\r\n")]
    [InlineData("Origin: https://a.test.evil\r\n")]
    [InlineData("Origin: https://x.b.test.evil\r\n")]
    public async Task ActualRequestFromElsewhere_PassesUnmarked(string origin)
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.CorsRoute(Policy));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync($"GET /a HTTP/1.1\r\nHost: a\r\n{origin}\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.Equal("ok", body);
        Assert.DoesNotContain("access-control", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(origin.Length > 0 ? 1 : 0, await proxy.StatAsync("http.test.cors.origin_invalid"));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData(", \"forward_not_matching_preflights\": true", 1)]
    [InlineData(", \"forward_not_matching_preflights\": false", 0)]
    public async Task PreflightFromElsewhere_GoesUpstreamUnlessItIsToBeIgnored(string setting, int forwarded)
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Up: 1\r\n\r\n");
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.CorsRoute(Policy + setting));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("OPTIONS /a HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n");
        (string head, _) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 ", head);
        Assert.DoesNotContain("access-control", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(forwarded, server.Requests);
        Assert.Equal(forwarded == 1, head.Contains("X-Up", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task OptionsThatAsksForNothing_GoesUpstream()
    {
        using ScriptedServer server = ScriptedServer.Answering(Upstream);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.CorsRoute(Policy));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("OPTIONS /a HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n\r\n");
        Assert.Contains("access-control-allow-origin: https://a.test\r\n", (await client.ReadResponseAsync()).Head);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task AnyOrigin_IsAllowedByAStar()
    {
        using ScriptedServer server = ScriptedServer.Answering(Upstream);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.CorsRoute("\"allow_origin_string_match\": [{\"exact\": \"*\"}]"));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\nOrigin: null\r\n\r\n");
        string head = (await client.ReadResponseAsync()).Head;
        Assert.Contains("access-control-allow-origin: null\r\n", head);
        Assert.DoesNotContain("credentials", head);
    }

    [Fact]
    public async Task OriginThatTheRouteRemoves_IsStillAnswered()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = FilteredProxy.Start(
            server.Port, FilteredProxy.Route("cors", FilteredProxy.Cors, Policy, route: ", \"request_headers_to_remove\": [\"origin\"]"));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n\r\n");
        (string head, string seen) = await client.ReadResponseAsync();
        Assert.DoesNotContain("origin", seen, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("access-control-allow-origin: https://a.test\r\n", head);
    }
}
