using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Proxy.Tests.Engine;

namespace Weft.Proxy.Tests.Http;

public class RouteTimeoutTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Grpc = "POST /s/m HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n";

    private static ScriptedServer Silent() => ScriptedServer.Start(async upstream => await upstream.ReadUntilAsync("never"));

    private static ProxyUnderTest Start(int port, string action, TimeSpan maxStreamDuration = default) => ProxyUnderTest.Start(
        ProxyUnderTest.Cluster(port),
        new HttpConnectionManagerModel
        {
            StatPrefix = "test",
            MaxStreamDuration = maxStreamDuration,
            InlineRoutes = TestRoutes.Of($$"""{"match": {"prefix": "/"}, "route": {"cluster": "upstream", {{action}} } }"""),
        });

    [Fact]
    public async Task PerTryIdleTimeout_RetriesAndThenAnswers504()
    {
        using ScriptedServer server = Silent();
        await using ProxyUnderTest proxy = Start(server.Port, "\"timeout\": \"0s\", \"retry_policy\": {\"retry_on\": \"5xx\", \"num_retries\": 1, \"per_try_idle_timeout\": \"0.1s\"}");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.StartsWith("HTTP/1.1 504 ", (await client.ReadResponseAsync()).Head);
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((504, "upstream_per_try_idle_timeout", 2), (record.Status, record.Details, record.Attempts));
        Assert.Equal(ResponseFlags.UpstreamRequestTimeout | ResponseFlags.UpstreamRetryLimitExceeded, record.Flags);
        Assert.Equal(2, await proxy.StatAsync("cluster.upstream.upstream_rq_per_try_idle_timeout"));
    }

    [Fact]
    public async Task PerTryIdleTimeout_IsPutOffByEveryByteAndEndsAResponseThatStalls()
    {
        // Six bytes, each well within the idle time of the one before, take longer than the idle time together; then nothing comes any more.
        using ScriptedServer server = ScriptedServer.Start(async upstream =>
        {
            await upstream.ReadUntilAsync("\r\n\r\n");
            await upstream.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
            for (int i = 0; i < 6; i++)
            {
                await Task.Delay(600);
                await upstream.SendAsync("x");
            }

            await upstream.ReadUntilAsync("never");
        });
        await using ProxyUnderTest proxy = Start(server.Port, "\"timeout\": \"0s\", \"retry_policy\": {\"retry_on\": \"5xx\", \"per_try_idle_timeout\": \"3s\"}");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await client.ReadToEndAsync();
        ProxyUnderTest.Seen record = await proxy.NextAsync();
        Assert.Equal((200, ResponseFlags.UpstreamRequestTimeout, "upstream_per_try_idle_timeout", 6L), (record.Status, record.Flags, record.Details, record.ResponseBytes));
    }

    [Theory]
    [InlineData("\"timeout\": \"0s\", \"max_grpc_timeout\": \"0s\"", "100m", "response_timeout")]
    [InlineData("\"timeout\": \"0s\", \"max_grpc_timeout\": \"0.1s\"", "1H", "response_timeout")]
    [InlineData("\"timeout\": \"0s\", \"max_grpc_timeout\": \"0.1s\"", null, "response_timeout")]
    [InlineData("\"timeout\": \"0s\", \"max_stream_duration\": {\"grpc_timeout_header_max\": \"0s\"}", "100m", "max_duration_timeout")]
    [InlineData("\"timeout\": \"0s\", \"max_stream_duration\": {\"grpc_timeout_header_max\": \"0.1s\"}", "8S", "max_duration_timeout")]
    [InlineData("\"timeout\": \"0s\", \"max_stream_duration\": {\"max_stream_duration\": \"0.1s\"}", "8S", "max_duration_timeout")]
    public async Task GrpcDeadline_EndsTheRequest(string action, string? deadline, string details)
    {
        using ScriptedServer server = Silent();
        await using ProxyUnderTest proxy = Start(server.Port, action);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Grpc + (deadline is null ? "" : $"grpc-timeout: {deadline}\r\n") + "\r\n");
        (string head, _) = await client.ReadResponseAsync();
        Assert.Contains(details == "max_duration_timeout" ? "grpc-status: 4\r\n" : "grpc-status: 14\r\n", head);
        Assert.Equal(details, (await proxy.NextAsync()).Details);
    }

    [Theory]
    [InlineData("\"timeout\": \"9s\", \"max_grpc_timeout\": \"5s\"", "7S", "5000m", "5000")]
    [InlineData("\"timeout\": \"9s\", \"max_grpc_timeout\": \"0s\", \"grpc_timeout_offset\": \"1s\"", "7S", "6000m", "6000")]
    [InlineData("\"timeout\": \"9s\", \"max_grpc_timeout\": \"0s\", \"grpc_timeout_offset\": \"8s\"", "7S", "7000m", "7000")]
    [InlineData("\"timeout\": \"9s\", \"max_stream_duration\": {\"grpc_timeout_header_max\": \"3s\", \"grpc_timeout_header_offset\": \"0.5s\"}", "7S", "2500m", "9000")]
    [InlineData("\"timeout\": \"9s\"", "7S", "7S", "9000")]
    public async Task GrpcDeadline_IsToldToTheUpstreamAsItIsInForce(string action, string asked, string told, string expected)
    {
        using ScriptedServer server = ScriptedServer.Mirroring();
        await using ProxyUnderTest proxy = Start(server.Port, action);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync($"{Grpc}grpc-timeout: {asked}\r\n\r\n");
        string seen = (await client.ReadResponseAsync()).Body;
        Assert.Contains($"grpc-timeout: {told}\r\n", seen);
        Assert.Contains($"x-envoy-expected-rq-timeout-ms: {expected}\r\n", seen);
    }

    [Fact]
    public async Task RoutesWithoutALongestLife_AreNotEndedByTheConnectionManagers()
    {
        using ScriptedServer server = Silent();
        await using ProxyUnderTest proxy = Start(
            server.Port, "\"timeout\": \"0.5s\", \"max_stream_duration\": {\"max_stream_duration\": \"0s\"}", TimeSpan.FromSeconds(0.1));
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.StartsWith("HTTP/1.1 504 ", (await client.ReadResponseAsync()).Head);
        Assert.Equal("response_timeout", (await proxy.NextAsync()).Details);
    }
}
