namespace Weft.Policy.Retries;

/// <summary>When a try counts as failed so that another may follow (Envoy's <c>retry_on</c>).</summary>
[Flags]
public enum RetryConditions : uint
{
    None = 0,

    /// <summary>Any 5xx, or no response at all.</summary>
    ServerError = 1 << 0,

    /// <summary>502, 503, 504, or no response at all.</summary>
    GatewayError = 1 << 1,

    /// <summary>No response at all.</summary>
    Reset = 1 << 2,

    /// <summary>No response, and not one byte was sent.</summary>
    ResetBeforeRequest = 1 << 3,

    /// <summary>No connection could be made.</summary>
    ConnectFailure = 1 << 4,

    /// <summary>A response with x-envoy-ratelimited.</summary>
    RateLimited = 1 << 5,

    /// <summary>409.</summary>
    RetriableClientError = 1 << 6,

    /// <summary>HTTP/2 REFUSED_STREAM.</summary>
    RefusedStream = 1 << 7,

    /// <summary>A status of the policy's list.</summary>
    RetriableStatusCodes = 1 << 8,

    /// <summary>A response that fulfils one of the policy's header conditions.</summary>
    RetriableHeaders = 1 << 9,

    /// <summary>gRPC status 1 in the response's head.</summary>
    GrpcCancelled = 1 << 10,

    /// <summary>gRPC status 4.</summary>
    GrpcDeadlineExceeded = 1 << 11,

    /// <summary>gRPC status 8.</summary>
    GrpcResourceExhausted = 1 << 12,

    /// <summary>gRPC status 13.</summary>
    GrpcInternal = 1 << 13,

    /// <summary>gRPC status 14.</summary>
    GrpcUnavailable = 1 << 14,
}
