using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Envoy.Type.V3;
using Weft.Policy.Regex;
using Weft.Wire.Http;

namespace Weft.Policy.Routes;

/// <summary>Compiles the conditions of routes and the matchers that they share with retries. Control side; allocates.</summary>
internal static class ConditionCompiler
{
    public static RouteMatcher? Match(RouteMatch match, Place place)
    {
        int before = place.Errors.Count;
        place.Refuse(match.DynamicMetadata.Count > 0, "dynamic_metadata");
        place.Refuse(match.FilterState.Count > 0, "filter_state");
        (uint fraction, uint of) = Fraction(match.RuntimeFraction);
        PathCondition? path = Path(match, place);
        HeaderCondition[] headers = Headers(match.Headers, place, "headers");
        QueryCondition[] queries = match.QueryParameters.Count == 0 ? [] : [.. match.QueryParameters.Select((parameter, i) => Query(parameter, place.At("query_parameters", i))).OfType<QueryCondition>()];
        if (path is null || place.Errors.Count > before)
            return null;
        return new RouteMatcher
        {
            Path = path,
            Headers = headers,
            Queries = queries,
            GrpcOnly = match.Grpc is not null,
            Fraction = fraction,
            FractionOf = of,
            PeerPresented = match.TlsContext?.Presented,
            PeerValidated = match.TlsContext?.Validated,
        };
    }

    public static HeaderCondition[] Headers(IReadOnlyCollection<HeaderMatcher> matchers, Place place, string field) =>
        matchers.Count == 0 ? [] : [.. matchers.Select((matcher, i) => Header(matcher, place.At(field, i))).OfType<HeaderCondition>()];

    public static StringCondition? Text(StringMatcher matcher, Place place)
    {
        switch (matcher.MatchPatternCase)
        {
            case StringMatcher.MatchPatternOneofCase.Exact:
                return new StringCondition(StringConditionKind.Exact, matcher.Exact, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.Prefix:
                return new StringCondition(StringConditionKind.Prefix, matcher.Prefix, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.Suffix:
                return new StringCondition(StringConditionKind.Suffix, matcher.Suffix, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.Contains:
                return new StringCondition(StringConditionKind.Contains, matcher.Contains, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.SafeRegex:
                return Pattern(matcher.SafeRegex, place.At("safe_regex")) is { } regex ? new StringCondition(regex) : null;
            default:
                place.Error("one of exact, prefix, suffix, contains and safe_regex must be set.");
                return null;
        }
    }

    public static ByteRegex? Pattern(RegexMatcher matcher, Place place)
    {
        if (ByteRegex.TryCompile(matcher.Regex, out ByteRegex? regex, out string? error))
            return regex;
        place.At("regex").Error(error);
        return null;
    }

    public static RegexReplacement? Replacement(RegexMatchAndSubstitute? rewrite, Place above, string field)
    {
        if (rewrite is null)
            return null;
        if (RegexReplacement.TryCompile(rewrite.Pattern?.Regex ?? "", rewrite.Substitution, out RegexReplacement? replacement, out string? error))
            return replacement;
        above.At(field).Error(error);
        return null;
    }

    /// <summary>A share of requests as numerator and denominator; a denominator of 0 stands for all.</summary>
    public static (uint Numerator, uint Denominator) Fraction(RuntimeFractionalPercent? percent)
    {
        if (percent?.DefaultValue is not { } value)
            return (0, 0);
        uint denominator = value.Denominator switch
        {
            FractionalPercent.Types.DenominatorType.TenThousand => 10_000u,
            FractionalPercent.Types.DenominatorType.Million => 1_000_000u,
            _ => 100u,
        };
        return (value.Numerator, denominator);
    }

    private static PathCondition? Path(RouteMatch match, Place place)
    {
        bool ignoreCase = match.CaseSensitive == false;
        switch (match.PathSpecifierCase)
        {
            case RouteMatch.PathSpecifierOneofCase.Prefix:
                return new PathCondition(PathConditionKind.Prefix, match.Prefix, ignoreCase, null);
            case RouteMatch.PathSpecifierOneofCase.Path:
                return new PathCondition(PathConditionKind.Exact, match.Path, ignoreCase, null);
            case RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix:
                if (match.PathSeparatedPrefix.Length > 1 && match.PathSeparatedPrefix[0] == '/' && match.PathSeparatedPrefix[^1] != '/' && match.PathSeparatedPrefix.IndexOfAny(['?', '#']) < 0)
                    return new PathCondition(PathConditionKind.SeparatedPrefix, match.PathSeparatedPrefix, ignoreCase, null);
                place.At("path_separated_prefix").Error("the prefix must start with a slash, must not end with one, and has neither ? nor #.");
                return null;
            case RouteMatch.PathSpecifierOneofCase.SafeRegex:
                ByteRegex? regex = Pattern(match.SafeRegex, place.At("safe_regex"));
                return regex is null ? null : new PathCondition(PathConditionKind.Regex, regex.Pattern, false, regex);
            case RouteMatch.PathSpecifierOneofCase.ConnectMatcher:
                return new PathCondition(PathConditionKind.Connect, "", false, null);
            case RouteMatch.PathSpecifierOneofCase.PathMatchPolicy:
                place.Refuse(true, "path_match_policy");
                return null;
            default:
                place.Error("one of prefix, path, safe_regex, path_separated_prefix and connect_matcher must be set.");
                return null;
        }
    }

    private static HeaderCondition? Header(HeaderMatcher matcher, Place place)
    {
        HeaderConditionTarget target = matcher.Name switch
        {
            ":method" => HeaderConditionTarget.Method,
            ":authority" => HeaderConditionTarget.Authority,
            ":path" => HeaderConditionTarget.Path,
            ":scheme" => HeaderConditionTarget.Scheme,
            _ => HeaderConditionTarget.Field,
        };
        if (matcher.Name.Equals("host", StringComparison.OrdinalIgnoreCase))
            target = HeaderConditionTarget.Authority;
        HeaderName? name = null;
        if (target == HeaderConditionTarget.Field && !HeaderName.TryCreate(matcher.Name, out name))
        {
            place.At("name").Error($"'{matcher.Name}' is not a header name.");
            return null;
        }

        StringCondition? text = null;
        (long, long)? range = null;
        bool present = true;
        switch (matcher.HeaderMatchSpecifierCase)
        {
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.ExactMatch:
                text = new StringCondition(StringConditionKind.Exact, matcher.ExactMatch, false);
                break;
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.PrefixMatch:
                text = new StringCondition(StringConditionKind.Prefix, matcher.PrefixMatch, false);
                break;
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.SuffixMatch:
                text = new StringCondition(StringConditionKind.Suffix, matcher.SuffixMatch, false);
                break;
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.ContainsMatch:
                text = new StringCondition(StringConditionKind.Contains, matcher.ContainsMatch, false);
                break;
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.SafeRegexMatch:
                ByteRegex? regex = Pattern(matcher.SafeRegexMatch, place.At("safe_regex_match"));
                if (regex is null)
                    return null;
                text = new StringCondition(regex);
                break;
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.StringMatch:
                text = Text(matcher.StringMatch, place.At("string_match"));
                if (text is null)
                    return null;
                break;
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.RangeMatch:
                range = (matcher.RangeMatch.Start, matcher.RangeMatch.End);
                break;
            case HeaderMatcher.HeaderMatchSpecifierOneofCase.PresentMatch:
                present = matcher.PresentMatch;
                break;
        }

        return new HeaderCondition(matcher.Name, target, name, text, range, present, matcher.InvertMatch, matcher.TreatMissingHeaderAsEmpty);
    }

    private static QueryCondition? Query(QueryParameterMatcher matcher, Place place)
    {
        if (matcher.Name.Length == 0)
        {
            place.At("name").Error("a query parameter needs a name.");
            return null;
        }

        if (matcher.QueryParameterMatchSpecifierCase != QueryParameterMatcher.QueryParameterMatchSpecifierOneofCase.StringMatch)
        {
            bool present = matcher.QueryParameterMatchSpecifierCase == QueryParameterMatcher.QueryParameterMatchSpecifierOneofCase.None || matcher.PresentMatch;
            return new QueryCondition(matcher.Name, null, present);
        }

        return Text(matcher.StringMatch, place.At("string_match")) is { } text ? new QueryCondition(matcher.Name, text, true) : null;
    }
}
