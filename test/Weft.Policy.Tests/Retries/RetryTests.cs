using System.Text;
using CsCheck;
using Weft.Policy.Retries;
using Weft.Policy.Routes;
using Weft.Policy.Tests.Routes;
using Weft.Wire.Http;
using Weft.Wire.Http1;

namespace Weft.Policy.Tests.Retries;

public sealed class RetryTests
{
    [Theory]
    [InlineData("5xx", UpstreamReset.ConnectFailure, true)]
    [InlineData("5xx", UpstreamReset.AfterRequest, true)]
    [InlineData("5xx", UpstreamReset.PerTryTimeout, true)]
    [InlineData("gateway-error", UpstreamReset.PerTryTimeout, true)]
    [InlineData("reset", UpstreamReset.AfterRequest, true)]
    [InlineData("reset", UpstreamReset.PerTryTimeout, true)]
    [InlineData("reset-before-request", UpstreamReset.BeforeRequest, true)]
    [InlineData("reset-before-request", UpstreamReset.ConnectFailure, true)]
    [InlineData("reset-before-request", UpstreamReset.AfterRequest, false)]
    [InlineData("connect-failure", UpstreamReset.ConnectFailure, true)]
    [InlineData("connect-failure", UpstreamReset.BeforeRequest, false)]
    [InlineData("connect-failure", UpstreamReset.PerTryTimeout, false)]
    [InlineData("refused-stream", UpstreamReset.RefusedStream, true)]
    [InlineData("refused-stream", UpstreamReset.AfterRequest, false)]
    [InlineData("retriable-status-codes", UpstreamReset.AfterRequest, false)]
    [InlineData("5xx,reset,gateway-error,connect-failure", UpstreamReset.Overflow, false)]
    [InlineData("", UpstreamReset.ConnectFailure, false)]
    public void Reset_IsRetriedWhenAskedFor(string on, UpstreamReset reset, bool retried) => Assert.Equal(retried, RetryDecision.ShouldRetry(Policy(on), reset));

    [Theory]
    [InlineData("5xx", 500, "", true)]
    [InlineData("5xx", 499, "", false)]
    [InlineData("gateway-error", 503, "", true)]
    [InlineData("gateway-error", 500, "", false)]
    [InlineData("retriable-4xx", 409, "", true)]
    [InlineData("retriable-4xx", 408, "", false)]
    [InlineData("retriable-status-codes", 418, "", true)]
    [InlineData("retriable-status-codes", 503, "", false)]
    [InlineData("503", 503, "", true)]
    [InlineData("reset,connect-failure", 503, "", false)]
    [InlineData("5xx", 503, "x-envoy-ratelimited: true", false)]
    [InlineData("envoy-ratelimited", 429, "x-envoy-ratelimited: true", true)]
    [InlineData("envoy-ratelimited", 429, "", false)]
    [InlineData("retriable-headers", 200, "x-again: yes", true)]
    [InlineData("retriable-headers", 200, "x-again: no", false)]
    [InlineData("unavailable", 200, "grpc-status: 14", true)]
    [InlineData("unavailable", 200, "grpc-status: 4", false)]
    [InlineData("cancelled", 200, "grpc-status: 1", true)]
    [InlineData("deadline-exceeded", 200, "grpc-status: 4", true)]
    [InlineData("resource-exhausted", 200, "grpc-status: 8", true)]
    [InlineData("internal", 200, "grpc-status: 13", true)]
    [InlineData("internal", 200, "grpc-status: x", false)]
    [InlineData("internal", 200, "", false)]
    public void Response_IsRetriedWhenAskedFor(string on, int status, string header, bool retried)
    {
        byte[] bytes = Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\n{(header.Length > 0 ? header + "\r\n" : "")}\r\n");
        HeaderField[] fields = new HeaderField[10];
        int scanned = 0;
        Http1ResponseParser.Parse(bytes, RequestMethod.Get, fields, Http1Limits.Mesh, ref scanned, out ResponseHead head, out _);
        RetryPolicy policy = Policy(on);
        bool Decide() => RetryDecision.ShouldRetry(policy, head.Status, new HeadView(bytes, fields.AsSpan(0, head.FieldCount), head.FieldsEnd, null));
        Assert.Equal(retried, Decide());
        Assert.Equal(0, Allocation.Of(() => RetryDecision.ShouldRetry(policy, head.Status, new HeadView(bytes, fields.AsSpan(0, head.FieldCount), head.FieldsEnd, null))));
    }

    [Fact]
    public void RequestHeaders_DecideWhetherThePolicyApplies()
    {
        RouteTable table = TestRequest.WithRoutes("""{"match":{"prefix":"/"},"route":{"cluster":"c","retryPolicy":{"retryOn":"5xx","retriableRequestHeaders":[{"name":":method","exactMatch":"GET"}]}}}""");
        RetryPolicy policy = table.VirtualHosts[0].Routes[0].Forward!.Retry!;
        Assert.True(RetryDecision.AppliesTo(policy, TestRequest.Get("h", "/").View, default));
        Assert.False(RetryDecision.AppliesTo(policy, new TestRequest("POST", "h", "/").View, default));
        Assert.False(RetryDecision.AppliesTo(Policy(""), TestRequest.Get("h", "/").View, default));
    }

    [Fact]
    public void BackOff_StaysWithinItsBounds() => Gen.Select(Gen.UInt[1, 40], Gen.ULong, Gen.Int[1, 1000], Gen.Int[1, 20]).Sample((retry, random, baseMs, factor) =>
    {
        RetryPolicy policy = Policy("5xx") with { BackOffBase = TimeSpan.FromMilliseconds(baseMs), BackOffMax = TimeSpan.FromMilliseconds(baseMs * factor) };
        double bound = Math.Min(baseMs * Math.Pow(2, retry - 1), baseMs * factor);
        double delay = BackOff.Delay(policy, retry, random).TotalMilliseconds;
        return delay >= 0 && delay < bound;
    });

    [Fact]
    public void BackOff_UsesItsWholeInterval()
    {
        Random random = new(3);
        double[] delays = [.. Enumerable.Range(0, 1000).Select(_ => BackOff.Delay(Policy("5xx"), 3, (ulong)random.NextInt64()).TotalMilliseconds)];
        Assert.InRange(delays.Min(), 0, 2);
        Assert.InRange(delays.Max(), 98, 100);
        Assert.InRange(delays.Average(), 45, 55);
    }

    private static RetryPolicy Policy(string on)
    {
        RouteTable table = TestRequest.WithRoutes(Json.Fill(
            """{"match":{"prefix":"/"},"route":{"cluster":"c","retryPolicy":{"retryOn":"$1","retriableStatusCodes":[418],"retriableHeaders":[{"name":"x-again","exactMatch":"yes"}]}}}""", on));
        return table.VirtualHosts[0].Routes[0].Forward!.Retry!;
    }
}
