using Envoy.Config.Route.V3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;
using EnvoyRoute = Envoy.Config.Route.V3.Route;

namespace Weft.Control.Discovery.Translation.Routes;

/// <summary>
/// A sidecar's outbound route tables: one for each HTTP port (named by it), one for each sniffed or loopback-bound service port
/// (<c>host:port</c>), and <c>http_proxy</c> for the HTTP proxy listener.
/// </summary>
internal sealed class SidecarRoutes(ProxyContext context)
{
    public const string HttpProxyName = "http_proxy";

    private static readonly HashSet<string> MeshGateway = [VirtualServiceModel.MeshGateway];

    private readonly Dictionary<int, List<VirtualHost>> _byPort = [];

    /// <summary>The table with that name.</summary>
    public RouteConfiguration Build(string name)
    {
        if (name == HttpProxyName)
            return BuildHttpProxy();
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? BuildPort(name, int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)) : BuildSinglePort(name, colon);
    }

    private RouteConfiguration BuildPort(string name, int port)
    {
        RouteConfiguration table = NewTable(name, ignorePort: true);
        table.VirtualHosts.AddRange(HostsOfPort(port));
        table.VirtualHosts.Add(CatchAll());
        return table;
    }

    // The listener belongs to one service alone, so whatever host the client names, this service is meant.
    private RouteConfiguration BuildSinglePort(string name, int colon)
    {
        RouteConfiguration table = NewTable(name, ignorePort: true);
        string host = name[..colon];
        int port = int.Parse(name[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        if (HostsOfPort(port).Find(candidate => candidate.Name == name || candidate.Domains.Contains(host)) is { } own)
        {
            VirtualHost only = own.Clone();
            only.Domains.Clear();
            only.Domains.Add("*");
            table.VirtualHosts.Add(only);
        }

        return table;
    }

    // Clients of an HTTP proxy name host and port; without a port they mean 80.
    private RouteConfiguration BuildHttpProxy()
    {
        RouteConfiguration table = NewTable(HttpProxyName, ignorePort: false);
        IEnumerable<int> ports = context.Services.SelectMany(service => service.Ports).Where(port => port.Protocol.IsHttpOrSniffed()).Select(port => port.Number);
        foreach (int port in ports.Append(80).Distinct().Order())
        {
            foreach (VirtualHost host in HostsOfPort(port))
            {
                VirtualHost withPorts = host.Clone();
                withPorts.Domains.Clear();
                foreach (string domain in host.Domains)
                {
                    if (port == 80)
                        withPorts.Domains.Add(domain);
                    if (domain != "*")
                        withPorts.Domains.Add($"{domain}:{port}");
                }

                table.VirtualHosts.Add(withPorts);
            }
        }

        // A request through the proxy listener has no original destination, so unknown hosts cannot be passed through.
        table.VirtualHosts.Add(BlockAll());
        return table;
    }

    private List<VirtualHost> HostsOfPort(int port)
    {
        if (!_byPort.TryGetValue(port, out List<VirtualHost>? hosts))
        {
            hosts = BuildHosts(port);
            hosts.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
            _byPort.Add(port, hosts);
        }

        return hosts;
    }

    private List<VirtualHost> BuildHosts(int port)
    {
        RouteScope scope = new(context, port, MeshGateway, IsTls: false);
        Dictionary<string, ServiceModel> services = context.Services
            .Where(service => service.FindPort(port) is { } p && p.Protocol.IsHttpOrSniffed())
            .ToDictionary(service => service.Hostname);
        HashSet<string> served = [];
        HashSet<string> domains = new(StringComparer.OrdinalIgnoreCase);
        HashSet<string> known = [.. services.Keys];
        List<VirtualHost> hosts = [];

        // 1. Hosts that a VirtualService speaks for: of several the most specific pattern, then the oldest.
        foreach (VirtualServiceModel model in context.Snapshot.VirtualServicesFor(VirtualServiceModel.MeshGateway, context.Proxy.Namespace))
        {
            List<EnvoyRoute>? routes = null;
            foreach (string pattern in model.Hosts)
            {
                List<ServiceModel> matching = MatchingServices(pattern, model, services, served);
                bool unknownHost = matching.Count == 0 && port == 80 && !(HostNames.IsWildcard(pattern) ? services.Keys.Any(host => HostNames.IsSubsetOf(host, pattern)) : services.ContainsKey(pattern));
                if (matching.Count == 0 && !unknownHost)
                    continue;
                routes ??= HttpRules.Translate(model, scope);
                if (routes.Count == 0)
                    break;
                foreach (ServiceModel service in matching)
                {
                    served.Add(service.Hostname);
                    AddHost(hosts, $"{service.Hostname}:{port}", VirtualHostDomains.Of(service, context), routes, domains, known, service.Hostname);
                }

                if (unknownHost)
                    AddHost(hosts, $"{pattern}:{port}", [pattern], routes, domains, known, pattern);
            }
        }

        // 2. Services without one: everything goes to their own cluster.
        foreach (ServiceModel service in services.Values.Where(service => !served.Contains(service.Hostname)))
        {
            EnvoyRoute route = RouteActions.Default(
                ClusterNames.Outbound(port, null, service.Hostname),
                $"{service.Hostname}:{port}/*",
                RetryPolicies.Translate(context.Snapshot.Mesh.Config.DefaultHttpRetryPolicy, consistentHash: false));
            if (scope.HashOf(new Istio.Networking.V1Alpha3.Destination { Host = service.Hostname, Port = new() { Number = (uint)port } }) is { } hash)
                route.Route_.HashPolicy.Add(hash);
            AddHost(hosts, $"{service.Hostname}:{port}", VirtualHostDomains.Of(service, context), [route], domains, known, service.Hostname);
        }

        return hosts;
    }

    private List<ServiceModel> MatchingServices(string pattern, VirtualServiceModel model, Dictionary<string, ServiceModel> services, HashSet<string> served)
    {
        if (!HostNames.IsWildcard(pattern))
            return services.TryGetValue(pattern, out ServiceModel? exact) && !served.Contains(pattern) ? [exact] : [];
        return [.. services.Values.Where(service => !served.Contains(service.Hostname)
            && HostNames.IsSubsetOf(service.Hostname, pattern)
            && IsMostSpecific(service.Hostname, pattern, model))];
    }

    // A wildcard speaks for a service only when no other VirtualService names it more exactly.
    private bool IsMostSpecific(string hostname, string pattern, VirtualServiceModel model)
    {
        foreach (VirtualServiceModel other in context.Snapshot.VirtualServicesFor(VirtualServiceModel.MeshGateway, context.Proxy.Namespace))
        {
            if (ReferenceEquals(other, model))
                continue;
            if (HostNames.MostSpecificMatch(hostname, other.Hosts) is { } best && best.Length > pattern.Length)
                return false;
        }

        return true;
    }

    private static void AddHost(
        List<VirtualHost> hosts, string name, IReadOnlyList<string> names, IEnumerable<EnvoyRoute> routes,
        HashSet<string> domains, HashSet<string> known, string own)
    {
        VirtualHost host = new() { Name = name, IncludeRequestAttemptCount = true };
        foreach (string domain in names)
        {
            // A short form may be another service's full name: that service keeps it.
            if ((domain == own || !known.Contains(domain)) && domains.Add(domain))
                host.Domains.Add(domain);
        }

        host.Routes.AddRange(routes);
        if (host.Domains.Count > 0)
            hosts.Add(host);
    }

    private VirtualHost CatchAll()
    {
        if (!context.Snapshot.Mesh.AllowsAnyOutbound || context.IsLoopback)
            return BlockAll();
        return new VirtualHost
        {
            Name = "allow_any",
            Domains = { "*" },
            IncludeRequestAttemptCount = true,
            Routes =
            {
                new EnvoyRoute
                {
                    Name = "allow_any",
                    Match = new RouteMatch { Prefix = "/" },
                    Route_ = new RouteAction
                    {
                        Cluster = ClusterNames.Passthrough,
                        Timeout = Protos.NoTimeout,
                        MaxGrpcTimeout = Protos.NoTimeout,
                    },
                },
            },
        };
    }

    private static VirtualHost BlockAll() => new()
    {
        Name = "block_all",
        Domains = { "*" },
        IncludeRequestAttemptCount = true,
        Routes =
        {
            new EnvoyRoute
            {
                Name = "block_all",
                Match = new RouteMatch { Prefix = "/" },
                DirectResponse = new DirectResponseAction { Status = 502 },
            },
        },
    };

    internal static RouteConfiguration NewTable(string name, bool ignorePort) => new()
    {
        Name = name,
        ValidateClusters = false,
        MaxDirectResponseBodySizeBytes = 1024 * 1024,
        IgnorePortInHostMatching = ignorePort,
    };
}
