using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Istio.Networking.V1Alpha3;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>HTTPMatchRequest as Envoy's RouteMatch. Source: Istio's match semantics (regular expressions match in full).</summary>
internal static class RouteMatches
{
    private const string ClaimPrefix = "@request.auth.claims";

    /// <summary>A null match, or one that names nothing, matches every path.</summary>
    public static RouteMatch Translate(HTTPMatchRequest? match)
    {
        RouteMatch result = new() { Prefix = "/" };
        if (match is null)
            return result;

        foreach ((string name, StringMatch value) in match.Headers)
            AddHeader(result, name, value, invert: false);
        foreach ((string name, StringMatch value) in match.WithoutHeaders)
            AddHeader(result, name, value, invert: true);
        SortHeaders(result);

        switch (match.Uri?.MatchTypeCase)
        {
            case StringMatch.MatchTypeOneofCase.Exact:
                result.Path = match.Uri.Exact;
                break;
            case StringMatch.MatchTypeOneofCase.Prefix:
                result.Prefix = match.Uri.Prefix;
                break;
            case StringMatch.MatchTypeOneofCase.Regex:
                result.SafeRegex = new RegexMatcher { Regex = match.Uri.Regex };
                break;
        }

        result.CaseSensitive = !match.IgnoreUriCase;
        AddPseudoHeader(result, ":method", match.Method);
        AddPseudoHeader(result, ":authority", match.Authority);
        AddPseudoHeader(result, ":scheme", match.Scheme);
        foreach ((string name, StringMatch value) in match.QueryParams.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            result.QueryParameters.Add(QueryParameter(name, value));
        return result;
    }

    /// <summary>Nothing after this match can be reached: any path, no further condition.</summary>
    public static bool IsCatchAll(RouteMatch match)
    {
        bool anyPath = match.PathSpecifierCase switch
        {
            RouteMatch.PathSpecifierOneofCase.Prefix => match.Prefix == "/",
            RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix => match.PathSeparatedPrefix == "/",
            RouteMatch.PathSpecifierOneofCase.SafeRegex => match.SafeRegex.Regex == "*",
            _ => false,
        };
        return anyPath && match.Headers.Count == 0 && match.QueryParameters.Count == 0 && match.DynamicMetadata.Count == 0;
    }

    private static void AddHeader(RouteMatch result, string name, StringMatch value, bool invert)
    {
        if (name.StartsWith(ClaimPrefix, StringComparison.OrdinalIgnoreCase))
        {
            result.DynamicMetadata.Add(Claim(name, value, invert));
            return;
        }

        HeaderMatcher header = Header(name, value);
        header.InvertMatch = invert;
        // A request without the header also lacks this value; "present" already says so by itself.
        header.TreatMissingHeaderAsEmpty = invert && !MeansPresent(value);
        result.Headers.Add(header);
    }

    private static void AddPseudoHeader(RouteMatch result, string name, StringMatch? value)
    {
        if (value is not null)
            result.Headers.Add(Header(name, value));
    }

    private static HeaderMatcher Header(string name, StringMatch value)
    {
        HeaderMatcher header = new() { Name = name };
        if (MeansPresent(value))
            header.PresentMatch = true;
        else
            header.StringMatch = Protos.ToMatcher(value);
        return header;
    }

    private static QueryParameterMatcher QueryParameter(string name, StringMatch value)
    {
        QueryParameterMatcher parameter = new() { Name = name };
        if (MeansPresent(value))
            parameter.PresentMatch = true;
        else
            parameter.StringMatch = Protos.ToMatcher(value);
        return parameter;
    }

    // Istio: an empty match, or the regular expression "*" (which RE2 would refuse), asks only for presence.
    private static bool MeansPresent(StringMatch? value) => value is null
        || value.MatchTypeCase == StringMatch.MatchTypeOneofCase.None
        || (value.MatchTypeCase == StringMatch.MatchTypeOneofCase.Regex && value.Regex == "*");

    private static MetadataMatcher Claim(string name, StringMatch value, bool invert)
    {
        StringMatcher pattern = Protos.ToMatcher(value) ?? new StringMatcher { SafeRegex = new RegexMatcher { Regex = ".+" } };
        MetadataMatcher matcher = new()
        {
            Filter = "envoy.filters.http.jwt_authn",
            Invert = invert,
            Value = new ValueMatcher
            {
                OrMatch = new OrMatcher
                {
                    ValueMatchers =
                    {
                        new ValueMatcher { StringMatch = pattern },
                        new ValueMatcher { ListMatch = new ListMatcher { OneOf = new ValueMatcher { StringMatch = pattern } } },
                    },
                },
            },
        };
        matcher.Path.Add(new MetadataMatcher.Types.PathSegment { Key = "payload" });
        string rest = name[ClaimPrefix.Length..];
        IEnumerable<string> claims = rest.StartsWith('[')
            ? rest.Split(['[', ']'], StringSplitOptions.RemoveEmptyEntries)
            : rest.Split('.', StringSplitOptions.RemoveEmptyEntries);
        foreach (string claim in claims)
            matcher.Path.Add(new MetadataMatcher.Types.PathSegment { Key = claim });
        return matcher;
    }

    // The order of a map is not an order: sorted by name the output is stable.
    private static void SortHeaders(RouteMatch result)
    {
        List<HeaderMatcher> sorted = [.. result.Headers.OrderBy(header => header.Name, StringComparer.Ordinal)];
        result.Headers.Clear();
        result.Headers.AddRange(sorted);
    }
}
