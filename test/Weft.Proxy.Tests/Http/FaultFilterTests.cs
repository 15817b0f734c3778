using System.Diagnostics;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Weft.Policy.Filters;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;
using Weft.Xds;

namespace Weft.Proxy.Tests.Http;

public class FaultFilterTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string LongDelay = "\"delay\": {\"fixed_delay\": \"3600s\", \"percentage\": {\"numerator\": 100}}";

    [Fact]
    public async Task AbortOfAllRequests_AnswersWithoutTheUpstream()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.FaultRoute("\"abort\": {\"http_status\": 418, \"percentage\": {\"numerator\": 100}}"));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 418 ", head);
        Assert.Equal("fault filter abort", body);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((418, ResponseFlags.FaultInjected, "fault_filter_abort", 0), (record.Status, record.Flags, record.Details, record.Attempts));
        Assert.Equal(0, server.Requests);
        Assert.Equal(1, await proxy.StatAsync("http.test.fault.aborts_injected"));
        Assert.Equal(0, await proxy.StatAsync("http.test.fault.active_faults"));
    }

    [Theory]
    [InlineData(14, "HTTP/1.1 503 ")]
    [InlineData(5, "HTTP/1.1 404 ")]
    [InlineData(16, "HTTP/1.1 401 ")]
    [InlineData(13, "HTTP/1.1 500 ")]
    public async Task AbortWithAGrpcStatus_IsGrpcToGrpcClientsAndItsHttpStatusToOthers(int grpc, string line)
    {
        await using ProxyUnderTest proxy = FilteredProxy.Start(1, FilteredProxy.FaultRoute("\"abort\": {\"grpc_status\": GRPC, \"percentage\": {\"numerator\": 100}}".Replace("GRPC", $"{grpc}", StringComparison.Ordinal)));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST /s/m HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n");
        (string head, _) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 ", head);
        Assert.Contains($"grpc-status: {grpc}\r\ngrpc-message: fault filter abort\r\n", head);
        await client.SendAsync(Get);
        Assert.StartsWith(line, (await client.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task AbortWithAStatusThatHasNoContent_SendsNone()
    {
        await using ProxyUnderTest proxy = FilteredProxy.Start(1, FilteredProxy.FaultRoute("\"abort\": {\"http_status\": 204, \"percentage\": {\"numerator\": 100}}"));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get + Get);
        for (int i = 0; i < 2; i++)
        {
            string head = await client.ReadUntilAsync("\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 204 ", head);
            Assert.DoesNotContain("content-length", head);
        }
    }

    [Fact]
    public async Task Delay_HoldsTheRequestBackWithItsBodyAndIsFlagged()
    {
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            string head = await upstream.ReadUntilAsync("\r\n\r\n");
            byte[] body = await upstream.ReadExactlyAsync(5);
            await upstream.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{System.Text.Encoding.ASCII.GetString(body)}");
        });
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.FaultRoute("\"delay\": {\"fixed_delay\": \"0.3s\", \"percentage\": {\"numerator\": 1000000, \"denominator\": \"MILLION\"}}"));
        using RawClient client = await proxy.ConnectAsync();
        long start = Stopwatch.GetTimestamp();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
        await client.SendAsync("llo");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(0.25));
        Assert.StartsWith("HTTP/1.1 200 ", head);
        Assert.Equal("hello", body);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.DelayInjected, 1), (record.Status, record.Flags, record.Attempts));
        Assert.Equal(1, await proxy.StatAsync("http.test.fault.delays_injected"));
        Assert.Equal(0, await proxy.StatAsync("http.test.fault.active_faults"));
    }

    [Fact]
    public async Task RouteTimeout_DoesNotRunWhileTheRequestIsHeldBack()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = FilteredProxy.Start(
            server.Port,
            FilteredProxy.Route("fault", FilteredProxy.Fault, "\"delay\": {\"fixed_delay\": \"2.5s\", \"percentage\": {\"numerator\": 100}}", ", \"timeout\": \"2s\""));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
        await client.SendAsync("x");
        // The scripted server reads heads only, which is enough here.
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task DelayThenAbort_CountsAsOneFault()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = FilteredProxy.Start(
            server.Port, FilteredProxy.FaultRoute("\"max_active_faults\": 1, \"delay\": {\"fixed_delay\": \"0.05s\", \"percentage\": {\"numerator\": 100}}, \"abort\": {\"http_status\": 500, \"percentage\": {\"numerator\": 100}}"));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.StartsWith("HTTP/1.1 500 ", (await client.ReadResponseAsync()).Head);
        Assert.Equal(ResponseFlags.FaultInjected | ResponseFlags.DelayInjected, (await proxy.NextAsync()).Flags);
        Assert.Equal(0, await proxy.StatAsync("http.test.fault.active_faults"));
    }

    [Fact]
    public async Task ClientThatLeavesDuringADelay_IsCleanedUp()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.FaultRoute(LongDelay));
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Get);
            await proxy.UntilStatAsync("http.test.fault.active_faults", value => value > 0);
        }

        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((0, ResponseFlags.DelayInjected | ResponseFlags.DownstreamConnectionTermination), (record.Status, record.Flags));
        Assert.Equal(0, await proxy.StatAsync("http.test.fault.active_faults"));
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task FaultsBeyondMaxActive_AreNotInjected()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.FaultRoute($"\"max_active_faults\": 1, {LongDelay}"));
        using RawClient held = await proxy.ConnectAsync();
        await held.SendAsync(Get);
        await proxy.UntilStatAsync("http.test.fault.active_faults", value => value > 0);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head);
        Assert.Equal(ResponseFlags.None, (await proxy.NextAsync()).Flags);
        Assert.Equal(1, await proxy.StatAsync("http.test.fault.faults_overflow"));
    }

    [Fact]
    public async Task HeaderConditions_ChooseTheRequestsConcerned()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.FaultRoute(
            "\"headers\": [{\"name\": \"x-user\", \"string_match\": {\"exact\": \"ann\"}}], \"abort\": {\"http_status\": 500, \"percentage\": {\"numerator\": 100}}"));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\nX-User: ann\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 500 ", (await client.ReadResponseAsync()).Head);
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\nX-User: bob\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task FilterSwitchedOffOnARoute_DoesNothingThere()
    {
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        HTTPFault everywhere = ProtoJson.Parse<HTTPFault>("""{"abort": {"http_status": 500, "percentage": {"numerator": 100}}}""");
        var manager = new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            InlineRoutes = TestRoutes.Of(
                """{"match": {"prefix": "/off"}, "route": {"cluster": "upstream"}, "typed_per_filter_config": {"fault": {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true}}}""",
                """{"match": {"prefix": "/on"}, "route": {"cluster": "upstream"}}"""),
            Filters = [new FaultFilterModel { Name = "fault", Rule = FaultRule.Compile(everywhere, [])! }],
        };
        await using ProxyUnderTest proxy = ProxyUnderTest.Start(ProxyUnderTest.Cluster(server.Port), manager);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET /off HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadResponseAsync()).Head);
        await client.SendAsync("GET /on HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 500 ", (await client.ReadResponseAsync()).Head);
    }

    /// <summary>Seven standard deviations on either side: one false alarm in 10^11 runs.</summary>
    [Theory]
    [InlineData("{\"numerator\": 25}", 0.25)]
    [InlineData("{\"numerator\": 2500, \"denominator\": \"TEN_THOUSAND\"}", 0.25)]
    [InlineData("{\"numerator\": 1000, \"denominator\": \"MILLION\"}", 0.001)]
    [InlineData("{\"numerator\": 0}", 0)]
    public async Task Percentage_IsTheShareOfRequestsAborted(string percentage, double share)
    {
        const int Requests = 20_000, Batch = 100;
        using ScriptedServer server = ScriptedServer.Answering(Ok);
        await using ProxyUnderTest proxy = FilteredProxy.Start(server.Port, FilteredProxy.FaultRoute($"\"abort\": {{\"http_status\": 500, \"percentage\": {percentage}}}"));
        using RawClient client = await proxy.ConnectAsync();
        string batch = string.Concat(Enumerable.Repeat(Get, Batch));
        int aborted = 0;
        for (int sent = 0; sent < Requests; sent += Batch)
        {
            await client.SendAsync(batch);
            for (int i = 0; i < Batch; i++)
            {
                if ((await client.ReadResponseAsync()).Head.StartsWith("HTTP/1.1 500 ", StringComparison.Ordinal)) aborted++;
            }
        }

        double deviation = Math.Sqrt(Requests * share * (1 - share));
        Assert.InRange(aborted, Requests * share - 7 * deviation, Requests * share + 7 * deviation);
        Assert.Equal(aborted, await proxy.StatAsync("http.test.fault.aborts_injected"));
    }
}
