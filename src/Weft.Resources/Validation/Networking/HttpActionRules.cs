using Istio.Networking.V1Alpha3;
using Weft.Resources.Diagnostics;

namespace Weft.Resources.Validation.Networking;

/// <summary>Rules for redirect, direct response and rewrite.</summary>
internal static class HttpActionRules
{
    private const int MaxBodyBytes = 1024 * 1024, LargeBodyBytes = 100 * 1024;

    public static void Redirect(Scope at, HTTPRedirect redirect, IReadOnlyList<HTTPMatchRequest> matches)
    {
        bool saysSomething = redirect.Uri.Length > 0 || redirect.PrefixRewrite.Length > 0 || redirect.Authority.Length > 0 || redirect.Scheme.Length > 0
            || redirect.RedirectPortCase != HTTPRedirect.RedirectPortOneofCase.None;
        if (!saysSomething)
            at.Report(ValueDiagnostics.EmptyBlock, "says nothing.", "Set uri, prefixRewrite, authority, scheme or port.");
        ValueRules.AtMostOne(at.Here(), ("uri", redirect.Uri.Length > 0), ("prefixRewrite", redirect.PrefixRewrite.Length > 0));
        if (redirect.PrefixRewrite.Length > 0 && (matches.Count == 0 || matches.Any(m => m.Uri?.MatchTypeCase != StringMatch.MatchTypeOneofCase.Prefix)))
            at["prefixRewrite"].Report(RoutingDiagnostics.Redirect, "replaces a prefix, but not every match of the rule has uri.prefix.", "Match with uri: {prefix: …}, or use redirect.uri.");
        if (redirect.RedirectPortCase == HTTPRedirect.RedirectPortOneofCase.Port)
            ValueRules.Port(at["port"], redirect.Port);
        if (redirect.Scheme.Length > 0)
            ValueRules.OneOf(at["scheme"], redirect.Scheme, "http", "https");
        if (redirect.RedirectCode is not (0 or 301 or 302 or 303 or 307 or 308))
            at["redirectCode"].Report(RoutingDiagnostics.Redirect, $"is {redirect.RedirectCode}, which is no redirect.", "Write 301, 302, 303, 307 or 308.");
    }

    public static void DirectResponse(Scope at, HTTPDirectResponse response)
    {
        if (response.Status is < 200 or > 599)
            at["status"].Report(ValueDiagnostics.Number, $"is {response.Status}, but must be 200 to 599.");
        int bytes = response.Body?.SpecifierCase switch
        {
            HTTPBody.SpecifierOneofCase.String => System.Text.Encoding.UTF8.GetByteCount(response.Body.String),
            HTTPBody.SpecifierOneofCase.Bytes => response.Body.Bytes.Length,
            _ => 0,
        };
        if (bytes > MaxBodyBytes)
            at["body"].Report(ValueDiagnostics.Limit, $"is {bytes} bytes, but at most {MaxBodyBytes} are allowed.", "Serve large bodies from a service.");
        else if (bytes > LargeBodyBytes)
            at["body"].Report(RoutingDiagnostics.LargeBody, $"is {bytes} bytes; every proxy holds it in memory.", "Serve large bodies from a service.");
    }

    public static void Rewrite(Scope at, HTTPRewrite rewrite)
    {
        if (rewrite.Uri.Length == 0 && rewrite.Authority.Length == 0 && rewrite.UriRegexRewrite is null)
            at.Report(ValueDiagnostics.EmptyBlock, "says nothing.", "Set uri, authority or uriRegexRewrite.");
        ValueRules.AtMostOne(at.Here(), ("uri", rewrite.Uri.Length > 0), ("uriRegexRewrite", rewrite.UriRegexRewrite is not null));
        if (rewrite.UriRegexRewrite is not { } regex)
            return;
        Scope place = at["uriRegexRewrite"];
        if (ValueRules.Required(place["match"], regex.Match, "match: ^/service/([^/]+)(/.*)$"))
            ValueRules.Regex(place["match"], regex.Match);
        ValueRules.Required(place["rewrite"], regex.Rewrite, "rewrite: \\2/instance/\\1");
    }
}
