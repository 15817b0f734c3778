using System.Globalization;

namespace Weft.Policy.Retries;

/// <summary>Reads the comma lists of <c>retry_on</c>, <c>x-envoy-retry-on</c> and <c>x-envoy-retry-grpc-on</c>.</summary>
public static class RetryOn
{
    /// <summary>
    /// The conditions of a list. Numbers are collected as statuses and turn on <see cref="RetryConditions.RetriableStatusCodes"/>, as in Istio.
    /// </summary>
    /// <param name="list">The list; may be empty.</param>
    /// <param name="statusCodes">The numbers.</param>
    /// <param name="unknown">The first word that is not known, or null.</param>
    public static RetryConditions Parse(string list, out List<uint> statusCodes, out string? unknown)
    {
        statusCodes = [];
        unknown = null;
        RetryConditions conditions = RetryConditions.None;
        foreach (string word in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            RetryConditions condition = Condition(word);
            if (condition == RetryConditions.None && uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out uint code) && code is >= 100 and <= 599)
            {
                statusCodes.Add(code);
                condition = RetryConditions.RetriableStatusCodes;
            }

            // HTTP/3 is not spoken here, so that this condition can never arise.
            if (condition == RetryConditions.None && word != "http3-post-connect-failure")
                unknown ??= word;
            conditions |= condition;
        }

        return conditions;
    }

    private static RetryConditions Condition(string word) => word switch
    {
        "5xx" => RetryConditions.ServerError,
        "gateway-error" => RetryConditions.GatewayError,
        "reset" => RetryConditions.Reset,
        "reset-before-request" => RetryConditions.ResetBeforeRequest,
        "connect-failure" => RetryConditions.ConnectFailure,
        "envoy-ratelimited" => RetryConditions.RateLimited,
        "retriable-4xx" => RetryConditions.RetriableClientError,
        "refused-stream" => RetryConditions.RefusedStream,
        "retriable-status-codes" => RetryConditions.RetriableStatusCodes,
        "retriable-headers" => RetryConditions.RetriableHeaders,
        "cancelled" => RetryConditions.GrpcCancelled,
        "deadline-exceeded" => RetryConditions.GrpcDeadlineExceeded,
        "resource-exhausted" => RetryConditions.GrpcResourceExhausted,
        "internal" => RetryConditions.GrpcInternal,
        "unavailable" => RetryConditions.GrpcUnavailable,
        _ => RetryConditions.None,
    };
}
