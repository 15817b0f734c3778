using System.Buffers.Text;
using Weft.Policy.Routes;
using Weft.Wire.Http;

namespace Weft.Policy.Retries;

/// <summary>
/// Whether a try that ended is followed by another, by its outcome alone (Envoy's retry_state_impl). That tries are left, that the retry
/// circuit breaker allows it and that the request's body is still at hand is the caller's to check. Pure; any thread; allocates nothing.
/// </summary>
public static class RetryDecision
{
    private const RetryConditions AnyReset = RetryConditions.ServerError | RetryConditions.GatewayError | RetryConditions.Reset;

    private const RetryConditions AnyGrpc = RetryConditions.GrpcCancelled | RetryConditions.GrpcDeadlineExceeded | RetryConditions.GrpcResourceExhausted
        | RetryConditions.GrpcInternal | RetryConditions.GrpcUnavailable;

    /// <summary>False when the policy asks for request headers and this request has none of them; then it is never retried.</summary>
    public static bool AppliesTo(RetryPolicy policy, scoped in RequestView request, in RouteInput input)
    {
        if (policy.RequestHeaders.Count == 0)
            return policy.On != RetryConditions.None;
        for (int i = 0; i < policy.RequestHeaders.Count; i++)
        {
            if (policy.RequestHeaders[i].Matches(request, input))
                return true;
        }

        return false;
    }

    /// <summary>Whether a try without a response is retried.</summary>
    public static bool ShouldRetry(RetryPolicy policy, UpstreamReset reset) => reset switch
    {
        UpstreamReset.Overflow => false,
        UpstreamReset.ConnectFailure => Asks(policy, AnyReset | RetryConditions.ConnectFailure | RetryConditions.ResetBeforeRequest),
        UpstreamReset.BeforeRequest => Asks(policy, AnyReset | RetryConditions.ResetBeforeRequest),
        UpstreamReset.RefusedStream => Asks(policy, AnyReset | RetryConditions.RefusedStream),
        _ => Asks(policy, AnyReset),
    };

    /// <summary>Whether a response, of which nothing was forwarded yet, is dropped and the request tried again.</summary>
    public static bool ShouldRetry(RetryPolicy policy, int status, HeadView headers)
    {
        // Who limits the rate does not want more of the same, unless asked for.
        if (headers.TryGet(KnownHeader.XEnvoyRatelimited, out _))
            return Asks(policy, RetryConditions.RateLimited);
        if (status >= 500 && Asks(policy, RetryConditions.ServerError))
            return true;
        if (status is 502 or 503 or 504 && Asks(policy, RetryConditions.GatewayError))
            return true;
        if (status == 409 && Asks(policy, RetryConditions.RetriableClientError))
            return true;
        if (Asks(policy, RetryConditions.RetriableStatusCodes) && HasStatus(policy, status))
            return true;
        if (Asks(policy, RetryConditions.RetriableHeaders) && HasHeader(policy, headers))
            return true;
        return Asks(policy, AnyGrpc) && headers.TryGet(KnownHeader.GrpcStatus, out ReadOnlySpan<byte> grpc) && AsksForGrpc(policy, grpc);
    }

    private static bool Asks(RetryPolicy policy, RetryConditions conditions) => (policy.On & conditions) != 0;

    private static bool HasStatus(RetryPolicy policy, int status)
    {
        for (int i = 0; i < policy.StatusCodes.Count; i++)
        {
            if (policy.StatusCodes[i] == status)
                return true;
        }

        return false;
    }

    private static bool HasHeader(RetryPolicy policy, HeadView headers)
    {
        for (int i = 0; i < policy.ResponseHeaders.Count; i++)
        {
            if (policy.ResponseHeaders[i].Matches(headers))
                return true;
        }

        return false;
    }

    private static bool AsksForGrpc(RetryPolicy policy, ReadOnlySpan<byte> status)
    {
        if (!Utf8Parser.TryParse(status, out int code, out int consumed) || consumed != status.Length)
            return false;
        return Asks(policy, code switch
        {
            1 => RetryConditions.GrpcCancelled,
            4 => RetryConditions.GrpcDeadlineExceeded,
            8 => RetryConditions.GrpcResourceExhausted,
            13 => RetryConditions.GrpcInternal,
            14 => RetryConditions.GrpcUnavailable,
            _ => RetryConditions.None,
        });
    }
}
