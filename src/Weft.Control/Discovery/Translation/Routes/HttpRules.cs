using Envoy.Config.Route.V3;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Snapshot;
using EnvoyRoute = Envoy.Config.Route.V3.Route;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>A VirtualService's HTTP rules as Envoy routes, in order, as far as they concern one listener of one proxy.</summary>
internal static class HttpRules
{
    /// <summary>The routes; empty when no rule concerns this proxy and port. Rules behind a catch-all are left out: they cannot match.</summary>
    public static List<EnvoyRoute> Translate(VirtualServiceModel model, RouteScope scope)
    {
        List<EnvoyRoute> routes = [];
        foreach (HTTPRoute rule in model.Spec.Http)
        {
            IEnumerable<HTTPMatchRequest?> matches = rule.Match.Count == 0 ? new HTTPMatchRequest?[] { null } : rule.Match;
            foreach (HTTPMatchRequest? match in matches)
            {
                if (!Concerns(match, scope))
                    continue;
                EnvoyRoute route = ToRoute(model, rule, match, scope);
                routes.Add(route);
                if (RouteMatches.IsCatchAll(route.Match))
                    return routes;
            }
        }

        return routes;
    }

    // A match's own gateways replace its source labels as the condition, as in Istio.
    private static bool Concerns(HTTPMatchRequest? match, RouteScope scope)
    {
        if (match is null)
            return true;
        if (match.Port != 0 && match.Port != scope.ListenerPort)
            return false;
        if (match.Gateways.Count > 0)
            return match.Gateways.Any(scope.Gateways.Contains);
        ProxyDescription proxy = scope.Context.Proxy;
        return match.SourceLabels.All(pair => proxy.Labels.TryGetValue(pair.Key, out string? value) && value == pair.Value)
            && (match.SourceNamespace.Length == 0 || match.SourceNamespace == proxy.Namespace);
    }

    private static EnvoyRoute ToRoute(VirtualServiceModel model, HTTPRoute rule, HTTPMatchRequest? match, RouteScope scope)
    {
        EnvoyRoute route = new()
        {
            Name = match is { Name.Length: > 0 } ? $"{rule.Name}.{match.Name}" : rule.Name,
            Match = RouteMatches.Translate(match),
            Metadata = Protos.ConfigMetadata("virtual-service", model.Namespace, model.Name),
            StatPrefix = match?.StatPrefix ?? "",
        };
        string authority = "";
        if (HeaderOperations.From(rule.Headers) is { } headers)
        {
            route.RequestHeadersToAdd.AddRange(headers.RequestAdd);
            route.RequestHeadersToRemove.AddRange(headers.RequestRemove);
            route.ResponseHeadersToAdd.AddRange(headers.ResponseAdd);
            route.ResponseHeadersToRemove.AddRange(headers.ResponseRemove);
            authority = headers.Authority;
        }

        if (rule.Redirect is not null)
            route.Redirect = RouteActions.Redirect(rule.Redirect, scope.ListenerPort, scope.IsTls);
        else if (rule.DirectResponse is not null)
            route.DirectResponse = RouteActions.DirectResponse(rule.DirectResponse);
        else
            RouteActions.ApplyDestinations(route, rule, authority, scope);

        route.Decorator = new Decorator { Operation = Operation(route, model.Name, scope.ListenerPort) };
        if (PerRouteFilters.Fault(rule.Fault) is { } fault)
            route.TypedPerFilterConfig[PerRouteFilters.FaultName] = Protos.Pack(fault);
        if (PerRouteFilters.Cors(rule.CorsPolicy) is { } cors)
            route.TypedPerFilterConfig[PerRouteFilters.CorsName] = Protos.Pack(cors);
        return route;
    }

    // What a trace shows: host:port/path for one destination, else the VirtualService's name.
    private static string Operation(EnvoyRoute route, string virtualService, int listenerPort)
    {
        string path = route.Match.PathSpecifierCase switch
        {
            RouteMatch.PathSpecifierOneofCase.Prefix => route.Match.Prefix + "*",
            RouteMatch.PathSpecifierOneofCase.Path => route.Match.Path,
            RouteMatch.PathSpecifierOneofCase.SafeRegex => route.Match.SafeRegex.Regex,
            _ => "/*",
        };
        string[] cluster = (route.Route_?.Cluster ?? "").Split('|');
        return cluster.Length == 4 ? $"{cluster[3]}:{cluster[1]}{path}" : $"{virtualService}:{listenerPort}{path}";
    }
}
