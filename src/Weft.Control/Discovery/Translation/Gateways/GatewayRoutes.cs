using Envoy.Config.Route.V3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation.Routes;
using EnvoyRoute = Envoy.Config.Route.V3.Route;

namespace Weft.Control.Discovery.Translation.Gateways;

/// <summary>A gateway's route tables. VirtualServices for one host are joined, the oldest first, unlike those of sidecars.</summary>
internal sealed class GatewayRoutes(ProxyContext context, IReadOnlyList<GatewayServer> servers)
{
    public IEnumerable<RouteConfiguration> Build() => servers
        .Where(server => server.IsHttp)
        .GroupBy(server => server.RouteName)
        .Select(group => BuildTable(group.Key, [.. group]));

    private RouteConfiguration BuildTable(string name, List<GatewayServer> group)
    {
        RouteConfiguration table = SidecarRoutes.NewTable(name, ignorePort: true);
        SortedDictionary<string, VirtualHost> hosts = new(StringComparer.Ordinal);
        foreach (GatewayServer server in group)
        {
            foreach (VirtualServiceModel model in context.Snapshot.VirtualServicesFor(server.Gateway.FullName, context.Proxy.Namespace))
                AddRules(hosts, server, model);
            if (server.Server.Tls is { HttpsRedirect: true })
                RedirectAll(hosts, server);
        }

        foreach (VirtualHost host in hosts.Values)
        {
            SortCatchAllLast(host);
            table.VirtualHosts.Add(host);
        }

        // Without a rule every request is answered 404, not refused at the socket.
        if (hosts.Count == 0)
            table.VirtualHosts.Add(new VirtualHost { Name = $"blackhole:{group[0].Server.Port.Number}", Domains = { "*" } });
        return table;
    }

    private void AddRules(SortedDictionary<string, VirtualHost> hosts, GatewayServer server, VirtualServiceModel model)
    {
        List<string> shared = Intersection([.. server.HostsFor(model.Namespace)], model.Hosts);
        if (shared.Count == 0)
            return;
        int port = (int)server.Server.Port.Number;
        RouteScope scope = new(context, port, new HashSet<string> { server.Gateway.FullName }, IsTls: server.Server.Tls is not null);
        List<EnvoyRoute> routes = HttpRules.Translate(model, scope);
        if (routes.Count == 0)
            return;
        foreach (string name in shared)
        {
            VirtualHost host = HostFor(hosts, name, port);
            foreach (EnvoyRoute route in routes)
            {
                if (!host.Routes.Contains(route))
                    host.Routes.Add(route);
            }

            if (server.Server.Tls is { HttpsRedirect: true })
                host.RequireTls = VirtualHost.Types.TlsRequirementType.All;
        }
    }

    private static void RedirectAll(SortedDictionary<string, VirtualHost> hosts, GatewayServer server)
    {
        foreach (string written in server.Server.Hosts)
        {
            string name = written[(written.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant();
            HostFor(hosts, name, (int)server.Server.Port.Number).RequireTls = VirtualHost.Types.TlsRequirementType.All;
        }
    }

    private static VirtualHost HostFor(SortedDictionary<string, VirtualHost> hosts, string name, int port)
    {
        if (!hosts.TryGetValue(name, out VirtualHost? host))
        {
            host = new VirtualHost { Name = $"{name}:{port}", Domains = { name }, IncludeRequestAttemptCount = true };
            hosts.Add(name, host);
        }

        return host;
    }

    // Joined rules of several VirtualServices: one that matches everything must not hide those of the next.
    private static void SortCatchAllLast(VirtualHost host)
    {
        List<EnvoyRoute> specific = [.. host.Routes.Where(route => !RouteMatches.IsCatchAll(route.Match))];
        List<EnvoyRoute> rest = [.. host.Routes.Where(route => RouteMatches.IsCatchAll(route.Match))];
        host.Routes.Clear();
        host.Routes.AddRange(specific);
        host.Routes.AddRange(rest);
    }

    // The narrower of each overlapping pair.
    private static List<string> Intersection(IReadOnlyList<string> serverHosts, IReadOnlyList<string> ruleHosts)
    {
        List<string> shared = [];
        foreach (string rule in ruleHosts)
        {
            foreach (string server in serverHosts)
            {
                string? narrow = HostNames.IsSubsetOf(rule, server) ? rule : HostNames.IsSubsetOf(server, rule) ? server : null;
                if (narrow is not null && !shared.Contains(narrow))
                    shared.Add(narrow);
            }
        }

        return shared;
    }
}
