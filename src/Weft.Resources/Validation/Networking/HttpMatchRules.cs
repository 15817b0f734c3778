using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for the conditions of an HTTP rule.</summary>
internal static class HttpMatchRules
{
    private const string JwtClaimPrefix = "@request.auth.claims";

    public static void Check(Scope at, HTTPMatchRequest match, bool appliesToMesh)
    {
        StringMatch(at["uri"], match.Uri, emptyPrefixIsAllowed: true);
        StringMatch(at["scheme"], match.Scheme);
        StringMatch(at["method"], match.Method);
        StringMatch(at["authority"], match.Authority);
        bool inMesh = match.Gateways.Count == 0 ? appliesToMesh : match.Gateways.Contains("mesh");
        Headers(at["headers"], match.Headers, inMesh, isNegative: false);
        Headers(at["withoutHeaders"], match.WithoutHeaders, inMesh, isNegative: true);
        foreach ((string name, StringMatch value) in match.QueryParams)
        {
            if (name.Length == 0)
                at["queryParams"].Report(ValueDiagnostics.Required, "has an empty parameter name.", "Write the parameter's name as the key.");
            StringMatch(at["queryParams"][name], value, emptyPrefixIsAllowed: true);
        }
        ValueRules.OptionalPort(at["port"], match.Port);
        LabelRules.CheckAll(at["sourceLabels"], match.SourceLabels, ValueDiagnostics.Label);
        VirtualServiceValidator.GatewayNames(at["gateways"], match.Gateways);
        if (match.SourceNamespace.Length > 0)
            ValueRules.DnsLabel(at["sourceNamespace"], match.SourceNamespace);
    }

    public static void StringMatch(Scope at, StringMatch? match, bool emptyPrefixIsAllowed = false)
    {
        switch (match?.MatchTypeCase)
        {
            case Istio.Networking.V1Alpha3.StringMatch.MatchTypeOneofCase.Prefix when match.Prefix.Length == 0 && !emptyPrefixIsAllowed:
                at["prefix"].Report(ValueDiagnostics.EmptyBlock, "is empty and would match everything.", "Write a prefix, or leave the condition out.");
                break;
            case Istio.Networking.V1Alpha3.StringMatch.MatchTypeOneofCase.Regex when match.Regex.Length == 0:
                at["regex"].Report(ValueDiagnostics.EmptyBlock, "is empty.", "Write a pattern such as \"/v[0-9]+/.*\", or leave the condition out.");
                break;
            case Istio.Networking.V1Alpha3.StringMatch.MatchTypeOneofCase.Regex:
                ValueRules.Regex(at["regex"], match.Regex);
                break;
        }
    }

    private static void Headers(Scope at, MapField<string, StringMatch> headers, bool inMesh, bool isNegative)
    {
        foreach ((string name, StringMatch value) in headers)
        {
            Scope place = at[name];
            if (name.StartsWith(JwtClaimPrefix, StringComparison.Ordinal))
            {
                if (inMesh)
                    place.Report(RoutingDiagnostics.JwtClaim, "matches a claim, which is known at gateways only.", "Bind the VirtualService to a gateway: gateways: [my-gateway].");
                continue;
            }
            if (name.StartsWith(':'))
                place.Report(ValueDiagnostics.HeaderName, "is a pseudo header.", "Use uri, scheme, method or authority instead.");
            else
                HeaderRules.Name(place.Here(), name);
            // In withoutHeaders the pattern * says: absent, whatever the value.
            if (!isNegative || value is not { MatchTypeCase: Istio.Networking.V1Alpha3.StringMatch.MatchTypeOneofCase.Regex, Regex: "*" })
                StringMatch(place, value);
        }
    }
}
