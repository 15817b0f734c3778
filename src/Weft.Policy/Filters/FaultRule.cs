using Envoy.Extensions.Filters.Common.Fault.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Weft.Policy.Routes;
using Weft.Wire.Http;

namespace Weft.Policy.Filters;

/// <summary>
/// Faults to be injected (Envoy's HTTPFault): a delay, an abort, or the delay and then the abort, each for its own share of the requests.
/// Immutable; any thread.
/// </summary>
public sealed class FaultRule : FilterRule
{
    /// <summary>How long a request is held back; zero for not at all.</summary>
    public TimeSpan Delay { get; private init; }

    /// <summary>Of how many requests.</summary>
    public Share DelayShare { get; private init; }

    /// <summary>The status that a request is answered with; 0 for no abort. Follows from <see cref="AbortGrpcStatus"/> when that is given.</summary>
    public int AbortStatus { get; private init; }

    /// <summary>The gRPC status of the answer to a gRPC request; −1 for the one that follows from <see cref="AbortStatus"/>.</summary>
    public int AbortGrpcStatus { get; private init; } = -1;

    /// <summary>Of how many requests.</summary>
    public Share AbortShare { get; private init; }

    /// <summary>How many faults may be under way at once in one connection manager.</summary>
    public uint MaxActive { get; private init; } = uint.MaxValue;

    /// <summary>The only cluster whose requests are concerned, or empty.</summary>
    public string UpstreamCluster { get; private init; } = "";

    /// <summary>Conditions that all must hold.</summary>
    public IReadOnlyList<HeaderCondition> Headers { get; private init; } = [];

    /// <summary>Compiles a filter's own configuration; null, and sentences in <paramref name="errors"/>, when something in it is not valid or not supported.</summary>
    public static FaultRule? Compile(HTTPFault fault, List<string> errors) => Compile(fault, new Place(errors));

    /// <summary>Whether the rule concerns a request that goes to that cluster; an empty name for a request that is not forwarded.</summary>
    public bool AppliesTo(scoped in RequestView request, in RouteInput input, string cluster)
    {
        if (UpstreamCluster.Length > 0 && UpstreamCluster != cluster)
            return false;
        for (int i = 0; i < Headers.Count; i++)
        {
            if (!Headers[i].Matches(request, input))
                return false;
        }

        return true;
    }

    internal static FaultRule? Compile(HTTPFault fault, Place place)
    {
        int before = place.Errors.Count;
        place.Refuse(fault.DownstreamNodes.Count > 0, "downstream_nodes");
        place.Refuse(fault.ResponseRateLimit is not null, "response_rate_limit");
        TimeSpan delay = fault.Delay is { } given ? DelayOf(given, place.At("delay")) : TimeSpan.Zero;
        (int status, int grpc) = fault.Abort is { } abort ? StatusOf(abort, place.At("abort")) : (0, -1);
        HeaderCondition[] headers = ConditionCompiler.Headers(fault.Headers, place, "headers");
        return place.Errors.Count > before ? null : new FaultRule
        {
            Delay = delay,
            DelayShare = Share.Of(fault.Delay?.Percentage, Share.None),
            AbortStatus = status,
            AbortGrpcStatus = grpc,
            AbortShare = Share.Of(fault.Abort?.Percentage, Share.None),
            MaxActive = fault.MaxActiveFaults ?? uint.MaxValue,
            UpstreamCluster = fault.UpstreamCluster,
            Headers = headers,
        };
    }

    private static TimeSpan DelayOf(FaultDelay delay, Place place)
    {
        place.Refuse(delay.FaultDelaySecifierCase == FaultDelay.FaultDelaySecifierOneofCase.HeaderDelay, "header_delay");
        if (delay.FaultDelaySecifierCase == FaultDelay.FaultDelaySecifierOneofCase.None)
            place.Error("fixed_delay must be set.");
        TimeSpan fixedDelay = Durations.Read(delay.FixedDelay, place, "fixed_delay") ?? TimeSpan.Zero;
        if (delay.FixedDelay is not null && fixedDelay <= TimeSpan.Zero)
            place.At("fixed_delay").Error("the delay must be greater than 0.");
        return fixedDelay;
    }

    private static (int Status, int Grpc) StatusOf(FaultAbort abort, Place place)
    {
        switch (abort.ErrorTypeCase)
        {
            case FaultAbort.ErrorTypeOneofCase.HttpStatus when abort.HttpStatus is >= 200 and < 600:
                return ((int)abort.HttpStatus, -1);
            case FaultAbort.ErrorTypeOneofCase.HttpStatus:
                place.At("http_status").Error($"{abort.HttpStatus} is not a status from 200 to 599.");
                return default;
            case FaultAbort.ErrorTypeOneofCase.GrpcStatus:
                return (HttpStatusOf(abort.GrpcStatus), (int)Math.Min(abort.GrpcStatus, int.MaxValue));
            case FaultAbort.ErrorTypeOneofCase.HeaderAbort:
                place.Refuse(true, "header_abort");
                return default;
            default:
                place.Error("http_status or grpc_status must be set.");
                return default;
        }
    }

    /// <summary>What a gRPC status is in HTTP, as the gRPC gateway and Envoy have it.</summary>
    private static int HttpStatusOf(uint grpc) => grpc switch
    {
        0 => 200,
        1 => 499,
        3 or 9 or 11 => 400,
        4 => 504,
        5 => 404,
        6 or 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 500,
    };
}
