using Envoy.Extensions.Filters.Common.Fault.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Type.Matcher.V3;
using Istio.Networking.V1Alpha3;
using EnvoyCors = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;
using IstioCors = Istio.Networking.V1Alpha3.CorsPolicy;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>Settings of a rule that Envoy keeps in per-filter configuration: fault injection and CORS.</summary>
internal static class PerRouteFilters
{
    public const string FaultName = "envoy.filters.http.fault";
    public const string CorsName = "envoy.filters.http.cors";

    /// <summary>Null when neither a delay nor an abort remains. Without a percentage a fault is never applied, as in Istio.</summary>
    public static HTTPFault? Fault(HTTPFaultInjection? fault)
    {
        if (fault is null)
            return null;
        HTTPFault result = new();
        if (fault.Delay is { } delay && delay.HttpDelayTypeCase == HTTPFaultInjection.Types.Delay.HttpDelayTypeOneofCase.FixedDelay)
        {
            result.Delay = new FaultDelay
            {
                FixedDelay = delay.FixedDelay,
                Percentage = delay.Percentage is null
                    ? new Envoy.Type.V3.FractionalPercent { Numerator = LegacyPercent(delay) }
                    : Protos.Fraction(delay.Percentage.Value),
            };
        }

        if (fault.Abort is { } abort)
            result.Abort = Abort(abort);
        return result.Delay is null && result.Abort is null ? null : result;
    }

    public static EnvoyCors? Cors(IstioCors? cors)
    {
        if (cors is null)
            return null;
        EnvoyCors result = new()
        {
            ForwardNotMatchingPreflights = cors.UnmatchedPreflights != IstioCors.Types.UnmatchedPreflights.Ignore,
            FilterEnabled = Protos.WholePercent(100),
            AllowCredentials = cors.AllowCredentials,
            AllowHeaders = string.Join(',', cors.AllowHeaders),
            AllowMethods = string.Join(',', cors.AllowMethods),
            ExposeHeaders = string.Join(',', cors.ExposeHeaders),
        };
        if (cors.MaxAge is not null)
            result.MaxAge = cors.MaxAge.Seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (cors.AllowOrigins.Count > 0)
            result.AllowOriginStringMatch.AddRange(cors.AllowOrigins.Select(Protos.ToMatcher).OfType<StringMatcher>());
        else
            result.AllowOriginStringMatch.AddRange(LegacyOrigins(cors).Select(origin => new StringMatcher { Exact = origin }));
        return result;
    }

    private static FaultAbort? Abort(HTTPFaultInjection.Types.Abort abort)
    {
        FaultAbort result = new() { Percentage = abort.Percentage is null ? new() : Protos.Fraction(abort.Percentage.Value) };
        switch (abort.ErrorTypeCase)
        {
            case HTTPFaultInjection.Types.Abort.ErrorTypeOneofCase.HttpStatus:
                result.HttpStatus = (uint)abort.HttpStatus;
                return result;
            case HTTPFaultInjection.Types.Abort.ErrorTypeOneofCase.GrpcStatus when GrpcCode(abort.GrpcStatus) is { } code:
                result.GrpcStatus = code;
                return result;
            default:
                return null;
        }
    }

    private static uint? GrpcCode(string name) => name switch
    {
        "OK" => 0,
        "CANCELLED" or "CANCELED" => 1,
        "UNKNOWN" => 2,
        "INVALID_ARGUMENT" => 3,
        "DEADLINE_EXCEEDED" => 4,
        "NOT_FOUND" => 5,
        "ALREADY_EXISTS" => 6,
        "PERMISSION_DENIED" => 7,
        "RESOURCE_EXHAUSTED" => 8,
        "FAILED_PRECONDITION" => 9,
        "ABORTED" => 10,
        "OUT_OF_RANGE" => 11,
        "UNIMPLEMENTED" => 12,
        "INTERNAL" => 13,
        "UNAVAILABLE" => 14,
        "DATA_LOSS" => 15,
        "UNAUTHENTICATED" => 16,
        _ => null,
    };

#pragma warning disable CS0612 // Istio's deprecated fields are still part of its API.
    private static uint LegacyPercent(HTTPFaultInjection.Types.Delay delay) => (uint)delay.Percent;

    private static Google.Protobuf.Collections.RepeatedField<string> LegacyOrigins(IstioCors cors) => cors.AllowOrigin;
#pragma warning restore CS0612
}
