using Istio.Networking.V1Alpha3;
using Weft.Resources.Decoding;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for retries, faults and cross-origin policy.</summary>
internal static class HttpPolicyRules
{
    private static readonly string[] RetryConditions =
    [
        "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream", "retriable-status-codes",
        "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure", "cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
    ];

    private static readonly string[] GrpcStatuses =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    public static void Retries(Scope at, HTTPRetry retries)
    {
        ValueRules.NotNegative(at["attempts"], retries.Attempts);
        bool hasMore = retries.PerTryTimeout is not null || retries.RetryOn.Length > 0 || retries.RetryRemoteLocalities is not null
            || retries.RetryIgnorePreviousHosts is not null || retries.Backoff is not null;
        if (retries.Attempts == 0 && hasMore)
            at.Report(RoutingDiagnostics.Retry, "has attempts: 0, which turns retries off, and other settings.", "Write attempts: 2, or remove the other settings.");
        ValueRules.Duration(at["perTryTimeout"], retries.PerTryTimeout);
        ValueRules.Duration(at["backoff"], retries.Backoff);
        foreach (string condition in retries.RetryOn.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            bool isStatus = condition.Length == 3 && int.TryParse(condition, out int status) && status is >= 100 and <= 599;
            if (isStatus || RetryConditions.Contains(condition))
                continue;
            string hint = EditDistance.Nearest(condition, RetryConditions) is { } near ? $"Did you mean {near}?" : $"Conditions are {string.Join(", ", RetryConditions)}, and status codes such as 503.";
            at["retryOn"].Report(RoutingDiagnostics.Retry, $"names the unknown condition \"{condition}\".", hint);
        }
    }

    public static void Fault(Scope at, HTTPFaultInjection fault)
    {
        if (fault.Delay is null && fault.Abort is null)
            at.Report(ValueDiagnostics.EmptyBlock, "says nothing.", "Set delay, abort or both.");
        if (fault.Delay is { } delay)
            Delay(at["delay"], delay);
        if (fault.Abort is { } abort)
            Abort(at["abort"], abort);
    }

    public static void Cors(Scope at, CorsPolicy cors)
    {
        ValueRules.Deprecated(at["allowOrigin"], cors.AllowOrigin.Count > 0, "allowOrigins");
        for (int i = 0; i < cors.AllowOrigins.Count; i++)
        {
            StringMatch origin = cors.AllowOrigins[i];
            if (origin.MatchTypeCase == StringMatch.MatchTypeOneofCase.None || (origin.MatchTypeCase == StringMatch.MatchTypeOneofCase.Exact && origin.Exact.Length == 0))
                at["allowOrigins"][i].Report(ValueDiagnostics.EmptyBlock, "names no origin.", "Write exact: https://example.com, a prefix or a regex.");
            else
                HttpMatchRules.StringMatch(at["allowOrigins"][i], origin);
        }
        for (int i = 0; i < cors.AllowMethods.Count; i++)
            ValueRules.OneOf(at["allowMethods"][i], cors.AllowMethods[i], "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*");
        for (int i = 0; i < cors.AllowHeaders.Count; i++)
            HeaderRules.Name(at["allowHeaders"][i], cors.AllowHeaders[i]);
        for (int i = 0; i < cors.ExposeHeaders.Count; i++)
            HeaderRules.Name(at["exposeHeaders"][i], cors.ExposeHeaders[i]);
        ValueRules.DurationOrZero(at["maxAge"], cors.MaxAge);
        if (cors.MaxAge is { Nanos: not 0 })
            at["maxAge"].Report(ValueDiagnostics.DurationRange, "must be whole seconds.");
    }

    private static void Delay(Scope at, HTTPFaultInjection.Types.Delay delay)
    {
        ValueRules.Deprecated(at["percent"], delay.Percent != 0, "percentage: {value: 50}");
        ValueRules.Range(at["percent"], delay.Percent, 0, 100);
        ValueRules.Percent(at["percentage"], delay.Percentage);
        switch (delay.HttpDelayTypeCase)
        {
            case HTTPFaultInjection.Types.Delay.HttpDelayTypeOneofCase.FixedDelay:
                ValueRules.Duration(at["fixedDelay"], delay.FixedDelay);
                break;
            case HTTPFaultInjection.Types.Delay.HttpDelayTypeOneofCase.ExponentialDelay:
                at["exponentialDelay"].Report(ValueDiagnostics.NotAllowed, "is not supported by any proxy.", "Use fixedDelay.");
                break;
            default:
                at.Report(RoutingDiagnostics.FaultNoEffect, "names no delay and does nothing.", "Write for example: fixedDelay: 5s");
                break;
        }
        if (delay.Percentage is null && delay.Percent == 0)
            NoPercentage(at);
    }

    private static void Abort(Scope at, HTTPFaultInjection.Types.Abort abort)
    {
        ValueRules.Percent(at["percentage"], abort.Percentage);
        switch (abort.ErrorTypeCase)
        {
            case HTTPFaultInjection.Types.Abort.ErrorTypeOneofCase.HttpStatus:
                ValueRules.Range(at["httpStatus"], abort.HttpStatus, 200, 599);
                break;
            case HTTPFaultInjection.Types.Abort.ErrorTypeOneofCase.GrpcStatus:
                ValueRules.OneOf(at["grpcStatus"], abort.GrpcStatus, GrpcStatuses);
                break;
            case HTTPFaultInjection.Types.Abort.ErrorTypeOneofCase.Http2Error:
                at["http2Error"].Report(ValueDiagnostics.NotAllowed, "is not supported by any proxy.", "Use httpStatus or grpcStatus.");
                break;
            default:
                at.Report(RoutingDiagnostics.FaultNoEffect, "names no error and does nothing.", "Write httpStatus: 503 or grpcStatus: UNAVAILABLE.");
                break;
        }
        if (abort.Percentage is null)
            NoPercentage(at);
    }

    private static void NoPercentage(Scope at) =>
        at.Report(RoutingDiagnostics.FaultNoEffect, "has no percentage: without one no request is affected.", "Write percentage: {value: 100}.");
}
