using System.Text;
using Envoy.Extensions.Filters.Http.Cors.V3;
using Weft.Policy.Routes;
using Weft.Wire.Http;

namespace Weft.Policy.Filters;

/// <summary>
/// Which origins may read responses, and what else a browser is told (Envoy's CorsPolicy; the Fetch standard's CORS protocol). Values are kept as
/// they are sent. Immutable; any thread.
/// </summary>
public sealed class CorsRule : FilterRule
{
    private readonly StringCondition[] _origins;
    private readonly bool _anyOrigin;

    private CorsRule(StringCondition[] origins)
    {
        _origins = origins;
        // A condition that holds for the text "*" stands for every origin, as in Envoy.
        _anyOrigin = Array.Exists(origins, static origin => origin.Matches("*"u8));
    }

    /// <summary>The share of requests that the rule is applied to.</summary>
    public Share Enabled { get; private init; }

    /// <summary>Access-Control-Allow-Methods; empty sends none.</summary>
    public byte[] AllowMethods { get; private init; } = [];

    /// <summary>Access-Control-Allow-Headers; empty sends none.</summary>
    public byte[] AllowHeaders { get; private init; } = [];

    /// <summary>Access-Control-Expose-Headers; empty sends none.</summary>
    public byte[] ExposeHeaders { get; private init; } = [];

    /// <summary>Access-Control-Max-Age; empty sends none.</summary>
    public byte[] MaxAge { get; private init; } = [];

    /// <summary>Whether cookies and the like may be sent along.</summary>
    public bool AllowCredentials { get; private init; }

    /// <summary>Whether a page of a public network may reach this private one.</summary>
    public bool AllowPrivateNetwork { get; private init; }

    /// <summary>Whether a preflight from an origin that is not allowed goes to the upstream; else it is answered here, with nothing allowed.</summary>
    public bool ForwardsUnmatchedPreflights { get; private init; }

    /// <summary>Whether an origin is allowed.</summary>
    public bool Allows(ReadOnlySpan<byte> origin)
    {
        if (_anyOrigin)
            return true;
        foreach (StringCondition condition in _origins)
        {
            if (condition.Matches(origin))
                return true;
        }

        return false;
    }

    /// <summary>Whether a request with an origin only asks for permission.</summary>
    public static bool IsPreflight(scoped in RequestView request) =>
        request.Method == RequestMethod.Options && request.Headers.TryGet(KnownHeader.AccessControlRequestMethod, out ReadOnlySpan<byte> method) && !method.IsEmpty;

    internal static CorsRule? Compile(CorsPolicy policy, Place place)
    {
        int before = place.Errors.Count;
        place.Refuse(policy.ShadowEnabled is not null, "shadow_enabled");
        StringCondition[] origins = [.. policy.AllowOriginStringMatch
            .Select((matcher, i) => ConditionCompiler.Text(matcher, place.At("allow_origin_string_match", i))).OfType<StringCondition>()];
        CorsRule rule = new(origins)
        {
            Enabled = Share.Of(policy.FilterEnabled?.DefaultValue, Share.All),
            AllowMethods = Value(policy.AllowMethods, place.At("allow_methods")),
            AllowHeaders = Value(policy.AllowHeaders, place.At("allow_headers")),
            ExposeHeaders = Value(policy.ExposeHeaders, place.At("expose_headers")),
            MaxAge = Value(policy.MaxAge, place.At("max_age")),
            AllowCredentials = policy.AllowCredentials ?? false,
            AllowPrivateNetwork = policy.AllowPrivateNetworkAccess ?? false,
            ForwardsUnmatchedPreflights = policy.ForwardNotMatchingPreflights ?? true,
        };
        return place.Errors.Count > before ? null : rule;
    }

    private static byte[] Value(string text, Place place)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (!HeaderSyntax.IsValue(bytes))
            place.Error("the text holds a control character.");
        return bytes;
    }
}
