using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Weft.Wire.Http;
using RetryPolicy = Weft.Policy.Retries.RetryPolicy;

namespace Weft.Policy.Routes;

/// <summary>
/// Compiles a route configuration one virtual host after the other, so that a large one need never be in memory as a tree of messages. Control
/// side; allocates; not thread-safe.
/// </summary>
public sealed class RouteTableCompiler
{
    private const uint DefaultMaxDirectResponseBytes = 4096;
    private readonly List<string> _errors;
    private readonly int _errorsBefore;
    private readonly Place _place;
    private readonly RouteConfiguration _configuration;
    private readonly RouteLevels _levels;
    private readonly DomainIndex _domains = new();
    private readonly HashSet<string> _names = [];
    private readonly List<VirtualHostEntry> _hosts = [];
    private readonly uint _maxBody;
    private VirtualHostSource? _source;

    /// <summary>Begins with everything but the virtual hosts, which are not looked at.</summary>
    /// <param name="configuration">The settings of the table.</param>
    /// <param name="errors">Takes a sentence for each field that is not valid or not supported, beginning with its path.</param>
    public RouteTableCompiler(RouteConfiguration configuration, List<string> errors)
    {
        _configuration = configuration;
        _errors = errors;
        _errorsBefore = errors.Count;
        _place = new(errors);
        _place.Refuse(configuration.Vhds is not null, "vhds");
        _place.Refuse(configuration.ClusterSpecifierPlugins.Count > 0, "cluster_specifier_plugins");
        _place.Refuse(configuration.InternalOnlyHeaders.Count > 0, "internal_only_headers");
        _place.Refuse(configuration.ValidateClusters ?? false, "validate_clusters");
        _levels = RouteLevels.Top(configuration.MostSpecificHeaderMutationsWins).With(
            HeaderMutationCompiler.Compile(configuration.RequestHeadersToAdd, configuration.RequestHeadersToRemove, _place, "request"),
            HeaderMutationCompiler.Compile(configuration.ResponseHeadersToAdd, configuration.ResponseHeadersToRemove, _place, "response"),
            configuration.TypedPerFilterConfig,
            _place,
            ForwardCompiler.Mirrors(configuration.RequestMirrorPolicies, _place));
        _maxBody = configuration.MaxDirectResponseBodySizeBytes ?? DefaultMaxDirectResponseBytes;
    }

    /// <summary>Adds the next virtual host, in the order configured. The message is not kept.</summary>
    /// <param name="host">The virtual host.</param>
    /// <param name="encoded">
    /// The bytes that it came in, or none. With them the routes are checked now and made when a request is for them (<see cref="VirtualHostEntry"/>); the
    /// bytes must not change.
    /// </param>
    public void Add(VirtualHost host, ReadOnlyMemory<byte> encoded = default)
    {
        Place here = host.Name.Length > 0 ? _place.At($"virtual_hosts[{host.Name}]") : _place.At("virtual_hosts", _hosts.Count);
        if (host.Name.Length == 0)
            here.At("name").Error("a virtual host needs a name.");
        else if (!_names.Add(host.Name))
            here.At("name").Error($"two virtual hosts have the name '{host.Name}'.");
        VirtualHostEntry entry = Host(host, _levels, _maxBody, here);
        if (encoded.Length is > 0 and <= VirtualHostSource.MaxBytes)
            entry.Defer(_source ??= new VirtualHostSource(_levels.Apart(), _maxBody), encoded);
        _hosts.Add(entry);
        AddDomains(_domains, host, entry, here);
    }

    /// <summary>The table, or null when there were errors.</summary>
    public RouteTable? Finish() => _errors.Count > _errorsBefore
        ? null
        : new RouteTable(
            _configuration.Name, _domains, _hosts, ToHttps(_hosts), _configuration.IgnorePortInHostMatching, _configuration.IgnorePathParametersInPathMatching);

    private static void AddDomains(DomainIndex domains, VirtualHost host, VirtualHostEntry entry, Place place)
    {
        if (host.Domains.Count == 0)
            place.At("domains").Error("a virtual host needs at least one domain.");
        for (int i = 0; i < host.Domains.Count; i++)
        {
            string domain = host.Domains[i];
            if (domain.Length == 0 || domain.AsSpan(1..Math.Max(1, domain.Length - 1)).Contains('*'))
                place.At("domains", i).Error($"'{domain}' is not a domain; a * may stand only at its start or at its end.");
            else if (!domains.TryAdd(domain, entry))
                place.At("domains", i).Error($"the domain '{domain}' is given twice.");
        }
    }

    private static VirtualHostEntry Host(VirtualHost host, RouteLevels table, uint maxBody, Place place)
    {
        place.Refuse(host.Matcher is not null, "matcher");
        place.Refuse(host.VirtualClusters.Count > 0, "virtual_clusters");
        place.Refuse(host.HedgePolicy is not null, "hedge_policy");
        place.Refuse(host.RetryPolicyTypedConfig is not null, "retry_policy_typed_config");
        place.Refuse(host.RequireTls == VirtualHost.Types.TlsRequirementType.ExternalOnly, "require_tls");
        VirtualHostEntry entry = new()
        {
            Name = host.Name,
            RequireTls = host.RequireTls == VirtualHost.Types.TlsRequirementType.None ? TlsRequirement.None : TlsRequirement.All,
            IncludeRequestAttemptCount = host.IncludeRequestAttemptCount,
            IncludeAttemptCountInResponse = host.IncludeAttemptCountInResponse,
            IncludeIsTimeoutRetryHeader = host.IncludeIsTimeoutRetryHeader,
        };
        entry.SetRoutes(Routes(host, entry, table, maxBody, place));
        return entry;
    }

    /// <summary>The routes of a virtual host that are valid.</summary>
    internal static RouteEntry[] Routes(VirtualHost host, VirtualHostEntry entry, RouteLevels table, uint maxBody, Place place)
    {
        RouteLevels levels = table.With(
            HeaderMutationCompiler.Compile(host.RequestHeadersToAdd, host.RequestHeadersToRemove, place, "request"),
            HeaderMutationCompiler.Compile(host.ResponseHeadersToAdd, host.ResponseHeadersToRemove, place, "response"),
            host.TypedPerFilterConfig,
            place,
            ForwardCompiler.Mirrors(host.RequestMirrorPolicies, place));
        RetryPolicy? retry = RetryPolicyCompiler.Compile(host.RetryPolicy, table.KnownRetries, place.At("retry_policy"));
        uint? limit = host.PerRequestBufferLimitBytes;
        List<RouteEntry> routes = new(host.Routes.Count);
        for (int i = 0; i < host.Routes.Count; i++)
        {
            if (Route(host.Routes[i], entry, levels, retry, limit, maxBody, place.At("routes", i)) is { } route)
                routes.Add(route);
        }

        return [.. routes];
    }

    private static RouteEntry? Route(
        Route route, VirtualHostEntry host, RouteLevels above, RetryPolicy? hostRetry, uint? hostLimit, uint maxBody, Place place)
    {
        place.Refuse(route.Tracing is not null, "tracing");
        if (route.Match is null)
        {
            place.At("match").Error("a route needs a match.");
            return null;
        }

        RouteMatcher? matcher = Matcher(route.Match, above, place);
        RouteLevels levels = above.With(
            HeaderMutationCompiler.Compile(route.RequestHeadersToAdd, route.RequestHeadersToRemove, place, "request"),
            HeaderMutationCompiler.Compile(route.ResponseHeadersToAdd, route.ResponseHeadersToRemove, place, "response"),
            route.TypedPerFilterConfig,
            place);
        PathCondition path = matcher?.Path ?? PathCondition.Any;
        ForwardAction? forward = null;
        RedirectRule? redirect = null;
        DirectResponseRule? direct = null;
        RouteActionKind kind = RouteActionKind.Forward;
        switch (route.ActionCase)
        {
            case Envoy.Config.Route.V3.Route.ActionOneofCase.Route_:
                forward = ForwardCompiler.Compile(route.Route_, path, levels, hostRetry, place.At("route"));
                break;
            case Envoy.Config.Route.V3.Route.ActionOneofCase.Redirect:
                kind = RouteActionKind.Redirect;
                redirect = Redirect(route.Redirect, path, place.At("redirect"));
                break;
            case Envoy.Config.Route.V3.Route.ActionOneofCase.DirectResponse:
                kind = RouteActionKind.DirectResponse;
                direct = Direct(route.DirectResponse, maxBody, place.At("direct_response"));
                break;
            default:
                place.Error("one of route, redirect and direct_response must be set; other actions are not supported.");
                break;
        }

        if (matcher is null || (forward is null && redirect is null && direct is null))
            return null;
        return new RouteEntry
        {
            Name = route.Name,
            VirtualHost = host,
            Kind = kind,
            Forward = forward,
            Redirect = redirect,
            DirectResponse = direct,
            RequestMutations = levels.RequestMutations,
            ResponseMutations = levels.ResponseMutations,
            DecoratorOperation = route.Decorator?.Operation ?? "",
            StatPrefix = route.StatPrefix,
            StatName = route.StatPrefix.Length > 0 ? $"{host.Name}.route.{route.StatPrefix}" : "",
            BufferLimitBytes = route.PerRequestBufferLimitBytes ?? hostLimit,
            Metadata = route.Metadata,
            FilterConfigs = levels.FilterConfigs,
            Filters = levels.Filters,
            Matcher = matcher,
        };
    }

    private static RouteMatcher? Matcher(RouteMatch match, RouteLevels levels, Place place)
    {
        PathConditionKind? kind = match.PathSpecifierCase switch
        {
            RouteMatch.PathSpecifierOneofCase.Prefix => PathConditionKind.Prefix,
            RouteMatch.PathSpecifierOneofCase.Path => PathConditionKind.Exact,
            _ => null,
        };
        bool isPathOnly = match.CaseSensitive != false && match.Headers.Count + match.QueryParameters.Count + match.DynamicMetadata.Count + match.FilterState.Count == 0
            && match.RuntimeFraction is null && match.Grpc is null && match.TlsContext is null;
        if (kind is null || !isPathOnly)
            return ConditionCompiler.Match(match, place.At("match"));
        (PathConditionKind, string) key = (kind.Value, kind == PathConditionKind.Prefix ? match.Prefix : match.Path);
        if (!levels.KnownMatchers.TryGetValue(key, out RouteMatcher? known) && (known = ConditionCompiler.Match(match, place.At("match"))) is not null)
            levels.KnownMatchers.Add(key, known);
        return known;
    }

    private static RedirectRule Redirect(RedirectAction action, PathCondition path, Place place)
    {
        if (action.PortRedirect > 65535)
            place.At("port_redirect").Error($"{action.PortRedirect} is not a port.");
        foreach ((string field, string text) in (ReadOnlySpan<(string, string)>)[("host_redirect", action.HostRedirect), ("path_redirect", action.PathRedirect), ("prefix_rewrite", action.PrefixRewrite), ("scheme_redirect", action.SchemeRedirect)])
        {
            if (!HeaderSyntax.IsValue(Encoding.UTF8.GetBytes(text)))
                place.At(field).Error("the text holds a control character.");
        }

        return new RedirectRule
        {
            Matched = path,
            Status = action.ResponseCode switch
            {
                RedirectAction.Types.RedirectResponseCode.Found => 302,
                RedirectAction.Types.RedirectResponseCode.SeeOther => 303,
                RedirectAction.Types.RedirectResponseCode.TemporaryRedirect => 307,
                RedirectAction.Types.RedirectResponseCode.PermanentRedirect => 308,
                _ => 301,
            },
            Scheme = action.HttpsRedirect ? "https" : action.SchemeRedirect.Length > 0 ? action.SchemeRedirect : null,
            Host = action.HostRedirect.Length > 0 ? action.HostRedirect : null,
            Port = action.PortRedirect,
            Path = action.PathRedirect.Length > 0 ? action.PathRedirect : null,
            PrefixRewrite = action.PathRewriteSpecifierCase == RedirectAction.PathRewriteSpecifierOneofCase.PrefixRewrite ? Encoding.UTF8.GetBytes(action.PrefixRewrite) : null,
            PathRewrite = ConditionCompiler.Replacement(action.RegexRewrite, place, "regex_rewrite"),
            StripQuery = action.StripQuery,
        };
    }

    private static DirectResponseRule Direct(DirectResponseAction action, uint maxBody, Place place)
    {
        if (action.Status is < 200 or > 599)
            place.At("status").Error($"{action.Status} is not a status from 200 to 599.");
        byte[] body = [];
        switch (action.Body?.SpecifierCase ?? DataSource.SpecifierOneofCase.None)
        {
            case DataSource.SpecifierOneofCase.InlineString:
                body = Encoding.UTF8.GetBytes(action.Body!.InlineString);
                break;
            case DataSource.SpecifierOneofCase.InlineBytes:
                body = action.Body!.InlineBytes.ToByteArray();
                break;
            case DataSource.SpecifierOneofCase.None:
                break;
            default:
                place.At("body").Error("only inline_string and inline_bytes are supported.");
                break;
        }

        if (body.Length > maxBody)
            place.At("body").Error($"the body has {body.Length} bytes; max_direct_response_body_size_bytes allows {maxBody}.");
        return new DirectResponseRule((int)action.Status, body);
    }

    /// <summary>The route of hosts that require TLS: the same URL with https.</summary>
    private static RouteEntry ToHttps(List<VirtualHostEntry> hosts)
    {
        return new RouteEntry
        {
            Name = "",
            VirtualHost = hosts.Find(host => host.RequireTls != TlsRequirement.None) ?? new VirtualHostEntry { Name = "" },
            Kind = RouteActionKind.Redirect,
            Redirect = new RedirectRule { Status = 301, Scheme = "https" },
        };
    }
}
