using System.Text;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class RoutingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

    private static HttpConnectionManagerModel Manager(params string[] routes) => new() { UseRemoteAddress = true, InlineRoutes = TestRoutes.Of(routes) };

    [Fact]
    public async Task Redirect_AnswersWithTheNewLocation()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(), Manager("""{"match": {"prefix": "/old"}, "redirect": {"host_redirect": "b.test", "prefix_rewrite": "/new"}}"""));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /old/x?q=1 HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, _) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 301 Moved Permanently\r\n", head);
        Assert.Contains("location: http://b.test/new/x?q=1\r\n", head);
    }

    [Fact]
    public async Task DirectResponse_CarriesStatusBodyAndHeaders()
    {
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(), Manager(
            """{"match": {"path": "/hi"}, "direct_response": {"status": 418, "body": {"inline_string": "tea"}}, "response_headers_to_add": [{"header": {"key": "x-pot", "value": "short"}}]}"""));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /hi HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 418 ", head);
        Assert.Contains("x-pot: short\r\n", head);
        Assert.Equal("tea", body);
        Assert.StartsWith("HTTP/1.1 404 ", (await client.ReadResponseAsync()).Head);
        Assert.Equal("direct_response", (await proxy.NextAsync()).Details);
        Assert.Equal(ResponseFlags.NoRouteFound, (await proxy.NextAsync()).Flags);
    }

    [Fact]
    public async Task AutoHostRewrite_SendsTheEndpointsOwnName()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        var cluster = new ClusterModel
        {
            Name = "upstream",
            Endpoints = new EndpointSetModel { Localities = [new LocalityEndpointsModel { Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(server.Port), Hostname = "one.test" }] }] },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(
            cluster, Manager("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "auto_host_rewrite": true, "append_x_forwarded_host": true}}"""));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: outer.test\r\n\r\n");
        string seen = (await client.ReadResponseAsync()).Body;
        Assert.Contains("host: one.test\r\n", seen);
        Assert.Contains("x-forwarded-host: outer.test\r\n", seen);
        Assert.DoesNotContain("Host: outer.test", seen);
    }

    [Fact]
    public async Task PreviousPriorities_SendTheRetryElsewhere()
    {
        using ScriptedServer first = ScriptedServer.Answering(Unavailable);
        using ScriptedServer second = ScriptedServer.Answering(Ok);
        var cluster = new ClusterModel
        {
            Name = "upstream",
            Endpoints = new EndpointSetModel
            {
                Localities =
                [
                    new LocalityEndpointsModel { Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(first.Port) }] },
                    new LocalityEndpointsModel { Priority = 1, Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(second.Port) }] },
                ],
            },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster, Manager(
            """
            {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "num_retries": 3, "retry_back_off": {"base_interval": "0.001s"},
              "retry_priority": {"name": "envoy.retry_priorities.previous_priorities",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig", "update_frequency": 2}}}}}
            """));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        Assert.Equal((2, 1), (first.Requests, second.Requests));
        Assert.Equal(3, (await proxy.NextAsync()).Attempts);
    }

    [Fact]
    public async Task PreviousPrioritiesThatAreAllTried_BeginAnew()
    {
        using ScriptedServer first = ScriptedServer.Answering(Unavailable);
        using ScriptedServer second = ScriptedServer.Answering(Unavailable);
        var cluster = new ClusterModel
        {
            Name = "upstream",
            Endpoints = new EndpointSetModel
            {
                Localities =
                [
                    new LocalityEndpointsModel { Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(first.Port) }] },
                    new LocalityEndpointsModel { Priority = 1, Endpoints = [new EndpointModel { Address = ProxyUnderTest.Loopback(second.Port) }] },
                ],
            },
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(cluster, Manager(
            """
            {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "num_retries": 3, "retry_back_off": {"base_interval": "0.001s"},
              "retry_priority": {"name": "envoy.retry_priorities.previous_priorities",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig", "update_frequency": 1}}}}}
            """));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", (await client.ReadResponseAsync()).Head);
        Assert.Equal((2, 2), (first.Requests, second.Requests));
    }

    [Fact]
    public async Task HeadersAboutAttempts_AreSentWhereTheVirtualHostAsksForThem()
    {
        int attempt = 0;
        string[] heads = new string[2];
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            heads[attempt] = await upstream.ReadUntilAsync("\r\n\r\n");
            if (attempt++ == 0) await upstream.ReadUntilAsync("never");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Envoy-Attempt-Count: 7\r\n\r\nok");
            await upstream.ReceiveAsync();
        });
        RouteTableModel table = TestRoutes.OfHost(
            "\"include_request_attempt_count\": true, \"include_attempt_count_in_response\": true, \"include_is_timeout_retry_header\": true",
            """{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "per_try_timeout": "1.5s", "retry_back_off": {"base_interval": "0.001s"}}}}""");
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), new HttpConnectionManagerModel { InlineRoutes = table });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        string head = (await client.ReadResponseAsync()).Head;
        Assert.Contains("x-envoy-attempt-count: 2\r\n", head);
        Assert.DoesNotContain(": 7", head);
        Assert.Contains("x-envoy-attempt-count: 1\r\n", heads[0]);
        Assert.DoesNotContain("timeout-retry", heads[0]);
        Assert.Contains("x-envoy-attempt-count: 2\r\n", heads[1]);
        Assert.Contains("x-envoy-is-timeout-retry: true\r\n", heads[1]);
    }

    [Fact]
    public async Task Rewrites_ChangePathHostAndHeaders()
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), Manager(
            """
            {"match": {"prefix": "/api/"}, "route": {"cluster": "upstream", "prefix_rewrite": "/", "host_rewrite_literal": "inner.test"},
             "request_headers_to_add": [{"header": {"key": "x-from", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}}], "request_headers_to_remove": ["x-secret"],
             "response_headers_to_add": [{"header": {"key": "x-to", "value": "%UPSTREAM_CLUSTER%"}}]}
            """));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /api/v1?q=1 HTTP/1.1\r\nHost: outer.test\r\nX-Secret: s\r\n\r\n");
        (string head, string seen) = await client.ReadResponseAsync();
        Assert.StartsWith("GET /v1?q=1 HTTP/1.1\r\n", seen);
        Assert.Contains("host: inner.test\r\n", seen);
        Assert.Contains("x-envoy-original-path: /api/v1?q=1\r\n", seen);
        Assert.Contains("x-from: 127.0.0.1\r\n", seen);
        Assert.Contains("x-envoy-attempt-count: 1\r\n", seen);
        Assert.DoesNotContain("secret", seen, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("x-to: upstream\r\n", head);
    }

    [Fact]
    public async Task WeightedClusters_GetTheirShare()
    {
        using ScriptedServer a = ScriptedServer.Answering(Ok), b = ScriptedServer.Answering(Ok);
        ListenerModel listener = ProxyUnderTest.Listener(Manager(
            """{"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": [{"name": "a", "weight": 50}, {"name": "b", "weight": 50}]}}}"""));
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(
            1, listener, new ClusterModel { Name = "a", Endpoints = ProxyUnderTest.Endpoints(a.Port) }, new ClusterModel { Name = "b", Endpoints = ProxyUnderTest.Endpoints(b.Port) });
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 2000; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadResponseAsync();
        }

        // Six standard deviations of 2,000 tosses of a fair coin.
        Assert.InRange(a.Requests, 1000 - 135, 1000 + 135);
        Assert.Equal(2000, a.Requests + b.Requests);
    }

    [Fact]
    public async Task Retry_GoesToAnotherHostAndSendsTheBodyAgain()
    {
        using ScriptedServer good = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            string body = Encoding.Latin1.GetString(await upstream.ReadExactlyAsync(4));
            Assert.Contains("x-envoy-attempt-count: ", head);
            await upstream.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{body}");
        });
        using ScriptedServer bad = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.ReadExactlyAsync(4);
            await upstream.SendAsync(Unavailable);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(good.Port, bad.Port), Manager(
            """
            {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx,connect-failure", "num_retries": 2,
             "retry_host_predicate": [{"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"}}],
             "host_selection_retry_max_attempts": "5"}}}
            """));
        for (int i = 0; i < 10; i++)
        {
            using RawClient client = await proxy.ConnectAsync();
            await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
            (string head, string body) = await client.ReadResponseAsync();
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
            Assert.Equal("body", body);
            Assert.Equal(good.Port, (await proxy.NextAsync()).Endpoint.Port);
        }

        Assert.True(bad.Connections > 0);
    }

    [Fact]
    public async Task RetriesUsedUp_PassTheLastResponseOn()
    {
        using ScriptedServer server = ScriptedServer.Answering(Unavailable);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(
            ProxyUnderTest.Cluster(server.Port), Manager("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "num_retries": 2}}}"""));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Equal("busy", body);
        Assert.Equal(3, server.Requests);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.UpstreamRetryLimitExceeded, 3), (record.Flags, record.Attempts));
    }

    [Fact]
    public async Task RouteTimeout_Is504()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream => await upstream.ReadToEndAsync());
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(
            ProxyUnderTest.Cluster(server.Port), Manager("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0.1s"}}"""));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 504 ", head);
        Assert.Equal("upstream request timeout", body);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((ResponseFlags.UpstreamRequestTimeout, "response_timeout"), (record.Flags, record.Details));
    }

    [Fact]
    public async Task PerTryTimeout_LeadsToAnotherAttempt()
    {
        int asked = 0;
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            if (Interlocked.Increment(ref asked) == 1) await upstream.ReadToEndAsync();
            else await upstream.SendAsync(Ok);
        });
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(
            ProxyUnderTest.Cluster(server.Port),
            Manager("""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "5xx", "num_retries": 1, "per_try_timeout": "0.1s"}}}"""));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        Assert.Equal(2, (await proxy.NextAsync()).Attempts);
    }

    [Fact]
    public async Task ConnectFailure_IsRetriedOnAnotherHost()
    {
        int dead;
        using (ScriptedServer gone = ScriptedServer.Echoing()) dead = gone.Port;
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(dead, server.Port), Manager(
            """
            {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": {"retry_on": "connect-failure", "num_retries": 2,
             "retry_host_predicate": [{"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"}}],
             "host_selection_retry_max_attempts": "5"}}}
            """));
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
        }
    }
}
