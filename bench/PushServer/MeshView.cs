using System.Globalization;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Xds;
using Weft.Xds.Protocol;

namespace Weft.Bench.PushServer;

/// <summary>
/// A mesh of N services behind one listener: a cluster and its endpoints for each, and a virtual host with four prefixes for each, packed once. Two
/// variants differ in every cluster, every endpoint and every route, so that going from one to the other sends and compiles all of it.
/// </summary>
internal sealed class MeshView : IXdsView
{
    private readonly Dictionary<string, Dictionary<string, XdsResource>> _byType = [];

    private MeshView(string version) => Version = version;

    public string Version { get; }

    public static MeshView Create(string variant, int services, int listenPort, int[] backends, string[] prefixes)
    {
        MeshView view = new(variant);
        bool other = variant == "b";
        RouteConfiguration routes = new() { Name = "mesh" };
        for (int n = 0; n < services; n++)
        {
            string name = Name(n);
            view.Add(XdsTypeUrls.Cluster, name, ClusterOf(name, other));
            view.Add(XdsTypeUrls.Endpoint, name, EndpointsOf(name, backends[n % backends.Length], other));
            routes.VirtualHosts.Add(HostOf(n, services, prefixes, other));
        }

        view.Add(XdsTypeUrls.Route, routes.Name, routes);
        // The listener stays the same: its connections must live through every push.
        view.Add(XdsTypeUrls.Listener, "mesh", ListenerOf(listenPort), "one");
        return view;
    }

    public IReadOnlyCollection<XdsResource> All(string typeUrl) =>
        _byType.TryGetValue(typeUrl, out Dictionary<string, XdsResource>? found) ? found.Values : [];

    public XdsResource? Find(string typeUrl, string name) => _byType.GetValueOrDefault(typeUrl)?.GetValueOrDefault(name);

    private static string Name(int n) => string.Create(CultureInfo.InvariantCulture, $"outbound|80||service{n}.default.svc.cluster.local");

    private static ConfigSource Ads() => new() { Ads = new AggregatedConfigSource(), ResourceApiVersion = ApiVersion.V3 };

    private static Cluster ClusterOf(string name, bool other) => new()
    {
        Name = name,
        Type = Cluster.Types.DiscoveryType.Eds,
        EdsClusterConfig = new Cluster.Types.EdsClusterConfig { EdsConfig = Ads() },
        ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(other ? 11 : 10)),
    };

    private static ClusterLoadAssignment EndpointsOf(string name, int port, bool other)
    {
        LbEndpoint endpoint = new()
        {
            Endpoint = new Endpoint { Address = Loopback(port) },
            LoadBalancingWeight = other ? 2u : 1u,
        };
        LocalityLbEndpoints locality = new();
        locality.LbEndpoints.Add(endpoint);
        ClusterLoadAssignment assignment = new() { ClusterName = name };
        assignment.Endpoints.Add(locality);
        return assignment;
    }

    private static VirtualHost HostOf(int n, int services, string[] prefixes, bool other)
    {
        VirtualHost host = new() { Name = $"shop{n}" };
        host.Domains.Add($"shop{n}.bench.local");
        for (int i = 0; i < prefixes.Length; i++)
        {
            RouteAction action = new() { Cluster = Name((n * prefixes.Length + i) % services), Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(other ? 16 : 15)) };
            host.Routes.Add(new Route { Name = "default", Match = new RouteMatch { Prefix = prefixes[i] }, Route_ = action });
        }

        return host;
    }

    private static Listener ListenerOf(int port)
    {
        HttpConnectionManager manager = new()
        {
            StatPrefix = "mesh",
            Rds = new Rds { RouteConfigName = "mesh", ConfigSource = Ads() },
        };
        manager.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.router", TypedConfig = Any.Pack(new Router()) });
        FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "envoy.filters.network.http_connection_manager", TypedConfig = Any.Pack(manager) });
        Listener listener = new() { Name = "mesh", Address = Loopback(port) };
        listener.FilterChains.Add(chain);
        return listener;
    }

    private static Address Loopback(int port) => new() { SocketAddress = new SocketAddress { Address = "127.0.0.1", PortValue = (uint)port } };

    private void Add(string typeUrl, string name, IMessage message, string? version = null)
    {
        if (!_byType.TryGetValue(typeUrl, out Dictionary<string, XdsResource>? resources)) _byType.Add(typeUrl, resources = []);
        resources.Add(name, XdsResource.Pack(name, version ?? Version, message));
    }
}
