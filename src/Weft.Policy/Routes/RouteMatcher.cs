using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>All conditions of one route, judged from cheap to dear. Immutable; any thread; allocates nothing.</summary>
internal sealed class RouteMatcher
{
    public static RouteMatcher Any { get; } = new() { Path = PathCondition.Any };

    public required PathCondition Path { get; init; }

    public HeaderCondition[] Headers { get; init; } = [];

    public QueryCondition[] Queries { get; init; } = [];

    /// <summary>Whether only gRPC requests match.</summary>
    public bool GrpcOnly { get; init; }

    /// <summary>The share of requests that match, as numerator of <see cref="FractionOf"/>; all when that is 0.</summary>
    public uint Fraction { get; init; }

    public uint FractionOf { get; init; }

    public bool? PeerPresented { get; init; }

    public bool? PeerValidated { get; init; }

    /// <summary>The first condition that is not fulfilled, with its index where there are several of its kind.</summary>
    public RouteMismatchKind Judge(scoped in RequestView request, ReadOnlySpan<byte> path, in RouteInput input, out int index)
    {
        index = 0;
        if (!Path.Matches(path, request.Method == RequestMethod.Connect))
            return RouteMismatchKind.Path;
        // Other bits than those that choose among weighted clusters, so that the two are independent.
        if (FractionOf != 0 && (input.Random >> 32) % FractionOf >= Fraction)
            return RouteMismatchKind.Fraction;
        if ((PeerPresented is { } presented && presented != input.PeerPresented) || (PeerValidated is { } validated && validated != input.PeerValidated))
            return RouteMismatchKind.Tls;
        for (index = 0; index < Headers.Length; index++)
        {
            if (!Headers[index].Matches(request, input))
                return RouteMismatchKind.Header;
        }

        for (index = 0; index < Queries.Length; index++)
        {
            if (!Queries[index].Matches(request.Query))
                return RouteMismatchKind.Query;
        }

        return GrpcOnly && !IsGrpc(request) ? RouteMismatchKind.Grpc : RouteMismatchKind.None;
    }

    /// <summary>What a mismatch means, in words.</summary>
    public string Describe(RouteMismatchKind mismatch, int index) => mismatch switch
    {
        RouteMismatchKind.Path => $"it asks that {Path}",
        RouteMismatchKind.Fraction => $"it takes {Fraction} of {FractionOf} requests and this one is not among them",
        RouteMismatchKind.Tls => "it asks for another state of the client's certificate",
        RouteMismatchKind.Header => $"it asks for {Headers[index]}",
        RouteMismatchKind.Query => $"it asks for {Queries[index]}",
        RouteMismatchKind.Grpc => "it takes only gRPC requests",
        _ => "it matches",
    };

    /// <summary>All conditions in words.</summary>
    public override string ToString() => string.Join(" and ", [Path.ToString(), .. Headers.Select(header => header.ToString()), .. Queries.Select(query => query.ToString())]);

    private static bool IsGrpc(scoped in RequestView request) =>
        request.Headers.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type) && type.StartsWith("application/grpc"u8)
        && (type.Length == 16 || type[16] is (byte)'+' or (byte)';');
}
