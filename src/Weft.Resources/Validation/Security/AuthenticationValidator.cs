using System.Text.Json;
using Istio.Security.V1Beta1;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Security;

/// <summary>Rules for PeerAuthentication and RequestAuthentication.</summary>
internal static class AuthenticationValidator
{
    private const int MaxRules = 4096, MaxClaims = 64;

    public static void Check(Scope at, PeerAuthentication policy)
    {
        SelectorRules.Workloads(at["selector"], policy.Selector);
        bool hasPorts = policy.PortLevelMtls.Count > 0;
        if (at["portLevelMtls"].IsWritten && !hasPorts)
            at["portLevelMtls"].Report(SecurityDiagnostics.PortMtls, "is empty.", "Write 8080: {mode: DISABLE}, or leave it out.");
        if (hasPorts && (policy.Selector is null || policy.Selector.MatchLabels.Count == 0))
            at["portLevelMtls"].Report(SecurityDiagnostics.PortMtls, "needs a selector: ports belong to workloads.", "Write selector: {matchLabels: {app: my-app}}.");
        foreach (uint port in policy.PortLevelMtls.Keys)
            ValueRules.Port(at["portLevelMtls"][port.ToString(null, null)], port);
    }

    public static void Check(Scope at, RequestAuthentication policy)
    {
        SelectorRules.Workloads(at["selector"], policy.Selector);
        SelectorRules.Targets(at.Here(), "selector", policy.Selector is not null, policy.TargetRef, policy.TargetRefs);
        ValueRules.Limit(at["jwtRules"], policy.JwtRules.Count, MaxRules, "rules");
        for (int i = 0; i < policy.JwtRules.Count; i++)
            CheckRule(at["jwtRules"][i], policy.JwtRules[i]);
    }

    private static void CheckRule(Scope at, JWTRule rule)
    {
        if (at["issuer"].IsWritten && rule.Issuer.Length == 0)
            at["issuer"].Report(ValueDiagnostics.Required, "is empty.", "Write the issuer as it stands in tokens, or leave it out.");
        else if (rule.Issuer.Length == 0 && rule.JwksUri.Length == 0 && rule.Jwks.Length == 0)
            at.Report(SecurityDiagnostics.JwtRule, "has neither issuer nor jwksUri.", "Write issuer: https://accounts.example.com.");
        ValueRules.NoEmptyItems(at["audiences"], rule.Audiences);
        ValueRules.AtMostOne(at.Here(), ("jwks", rule.Jwks.Length > 0), ("jwksUri", rule.JwksUri.Length > 0));
        if (rule.JwksUri.Length > 0 && !(Uri.TryCreate(rule.JwksUri, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"))
            at["jwksUri"].Report(ValueDiagnostics.Url, $"is \"{rule.JwksUri}\".", "Write a URL that begins with https:// (or http://).");
        if (rule.Jwks.Length > 0 && !IsKeySet(rule.Jwks))
            at["jwks"].Report(SecurityDiagnostics.JwtRule, "is no JSON Web Key Set.", "Write jwks: '{\"keys\": […]}'.");
        for (int i = 0; i < rule.FromHeaders.Count; i++)
        {
            if (ValueRules.Required(at["fromHeaders"][i]["name"], rule.FromHeaders[i].Name, "name: x-token"))
                HeaderRules.Name(at["fromHeaders"][i]["name"], rule.FromHeaders[i].Name);
        }
        ValueRules.NoEmptyItems(at["fromParams"], rule.FromParams);
        ValueRules.NoEmptyItems(at["fromCookies"], rule.FromCookies);
        if (rule.OutputPayloadToHeader.Length > 0)
            HeaderRules.Name(at["outputPayloadToHeader"], rule.OutputPayloadToHeader);
        for (int i = 0; i < rule.OutputClaimToHeaders.Count; i++)
            ClaimToHeader(at["outputClaimToHeaders"][i], rule.OutputClaimToHeaders[i]);
        ValueRules.Duration(at["timeout"], rule.Timeout);
        ValueRules.Limit(at["spaceDelimitedClaims"], rule.SpaceDelimitedClaims.Count, MaxClaims, "claims");
        ValueRules.NoEmptyItems(at["spaceDelimitedClaims"], rule.SpaceDelimitedClaims);
    }

    private static void ClaimToHeader(Scope at, ClaimToHeader item)
    {
        ValueRules.Required(at["claim"], item.Claim, "claim: sub");
        if (ValueRules.Required(at["header"], item.Header, "header: x-user") && !item.Header.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            at["header"].Report(ValueDiagnostics.HeaderName, $"is \"{item.Header}\".", "Use letters, digits, - and _ only.");
    }

    private static bool IsKeySet(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("keys", out JsonElement keys) && keys.ValueKind == JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
