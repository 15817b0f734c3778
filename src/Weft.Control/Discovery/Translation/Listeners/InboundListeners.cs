using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Weft.Control.Discovery.Policies;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Routes;
using Weft.Control.Discovery.Translation.Tls;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>
/// Where a sidecar takes requests for its workload: one captured listener (<c>virtualInbound</c>) with chains for each port, or in
/// loopback mode one real listener for each port.
/// </summary>
internal sealed class InboundListeners(ProxyContext context, HttpConnectionManagers managers)
{
    private const string AnyAddress = "0.0.0.0";

    public IEnumerable<Listener> Build()
    {
        if (!context.IsLoopback)
        {
            yield return Virtual();
            yield break;
        }

        foreach (ServiceTarget target in context.Targets.Where(target => context.CanBind(target.TargetPort)))
        {
            string address = context.Proxy.Address;
            Listener listener = NewListener($"{address}_{target.TargetPort}", address, target.TargetPort);
            listener.BindToPort = true;
            listener.FilterChains.AddRange(ChainsOf(target, address, matchPort: false, FilterChainKinds.For(target.Port.Protocol, ModeOf(target.TargetPort))));
            listener.ListenerFilters.AddRange(NetworkFilters.Inspectors(listener.FilterChains));
            yield return listener;
        }
    }

    /// <summary>
    /// The chains for what arrives by HBONE, which was authenticated on its way, whatever mode of mutual TLS is asked for; only for what was sent to this
    /// workload's address. Ports whose protocol must be looked for are apart from the others: a server that speaks first would wait for its client's word.
    /// </summary>
    public IEnumerable<FilterChain> Carried(bool sniffed)
    {
        IEnumerable<FilterChain> chains = context.Targets
            .Where(target => (target.Port.Protocol == PortProtocol.Unsupported) == sniffed && (!context.IsLoopback || context.CanBind(target.TargetPort)))
            .SelectMany(target => ChainsOf(target, context.IsLoopback ? context.Proxy.Address : AnyAddress, matchPort: true, FilterChainKinds.Carried(target.Port.Protocol)));
        if (!context.IsLoopback && !sniffed)
            chains = PassthroughChains(FilterChainKinds.Carried(PortProtocol.Tcp)).Concat(chains);
        foreach (FilterChain chain in chains)
        {
            chain.FilterChainMatch.PrefixRanges.Add(new CidrRange
            {
                AddressPrefix = context.Proxy.Address,
                PrefixLen = context.Proxy.Address.Contains(':', StringComparison.Ordinal) ? 128u : 32u,
            });
            yield return chain;
        }
    }

    private Listener Virtual()
    {
        int port = context.Snapshot.Mesh.InboundPort;
        Listener listener = NewListener("virtualInbound", AnyAddress, port);
        listener.FilterChains.Add(BlackHole(port));
        listener.FilterChains.AddRange(PassthroughChains(FilterChainKinds.For(PortProtocol.Unsupported, ModeOf(0))));
        foreach (ServiceTarget target in context.Targets)
            listener.FilterChains.AddRange(ChainsOf(target, AnyAddress, matchPort: true, FilterChainKinds.For(target.Port.Protocol, ModeOf(target.TargetPort))));
        listener.ListenerFilters.Add(NetworkFilters.OriginalDestination());
        listener.ListenerFilters.AddRange(NetworkFilters.Inspectors(listener.FilterChains));
        return listener;
    }

    private Listener NewListener(string name, string address, int port)
    {
        Listener listener = new()
        {
            Name = name,
            Address = Protos.SocketAddress(address, port),
            TrafficDirection = TrafficDirection.Inbound,
            ListenerFiltersTimeout = context.Snapshot.Mesh.ProtocolDetectionTimeout,
            ContinueOnListenerFiltersTimeout = true,
        };
        listener.AccessLog.AddRange(NoRouteLog());
        return listener;
    }

    // A connection that matches no chain never reaches a filter that would log it.
    private IEnumerable<Envoy.Config.Accesslog.V3.AccessLog> NoRouteLog()
    {
        foreach (Envoy.Config.Accesslog.V3.AccessLog log in AccessLogs.Of(context.Snapshot.Mesh))
        {
            log.Filter = new Envoy.Config.Accesslog.V3.AccessLogFilter
            {
                ResponseFlagFilter = new Envoy.Config.Accesslog.V3.ResponseFlagFilter { Flags = { "NR" } },
            };
            yield return log;
        }
    }

    private IEnumerable<FilterChain> ChainsOf(ServiceTarget target, string bind, bool matchPort, IReadOnlyList<FilterChainKind> kinds)
    {
        string name = $"{bind}_{target.TargetPort}";
        string cluster = ClusterNames.Inbound(target.TargetPort);
        string operation = $"{target.Service.Hostname}:{target.Port.Number}/*";
        foreach (FilterChainKind kind in kinds)
        {
            FilterChain chain = NewChain(name, kind, matchPort ? target.TargetPort : 0);
            chain.Filters.Add(kind.Http
                ? NetworkFilters.Http(managers.WithRoutes(TrafficClass.SidecarInbound, $"inbound_{name};", Routes(cluster, target.Port.Number, operation), target.Port.Protocol))
                : NetworkFilters.Tcp(context, cluster, cluster));
            yield return chain;
        }
    }

    // Ports that no service names: what the workload listens on is reachable all the same, under the same mutual TLS mode.
    private IEnumerable<FilterChain> PassthroughChains(IReadOnlyList<FilterChainKind> kinds)
    {
        const string cluster = ClusterNames.InboundPassthrough;
        foreach (FilterChainKind kind in kinds)
        {
            FilterChain chain = NewChain(kind.Http ? "virtualInbound-catchall-http" : "virtualInbound", kind, 0);
            chain.Filters.Add(kind.Http
                ? NetworkFilters.Http(managers.WithRoutes(TrafficClass.SidecarInbound, cluster + ";", Routes(cluster, 0, ":0/*")))
                : NetworkFilters.Tcp(context, cluster, cluster));
            yield return chain;
        }
    }

    private FilterChain NewChain(string name, FilterChainKind kind, int destinationPort)
    {
        FilterChain chain = new()
        {
            Name = name,
            FilterChainMatch = new FilterChainMatch { TransportProtocol = kind.TransportProtocol },
        };
        chain.FilterChainMatch.ApplicationProtocols.AddRange(kind.ApplicationProtocols);
        if (destinationPort > 0)
            chain.FilterChainMatch.DestinationPort = (uint)destinationPort;
        if (kind.EndsTls)
            chain.TransportSocket = TransportSockets.Downstream(DownstreamTls.Mesh(kind.Http, context.Snapshot.Mesh));
        return chain;
    }

    // A connection to the capture port itself would otherwise go round in circles.
    private FilterChain BlackHole(int port) => new()
    {
        Name = "virtualInbound-blackhole",
        FilterChainMatch = new FilterChainMatch { DestinationPort = (uint)port },
        Filters = { NetworkFilters.Tcp(context, ClusterNames.BlackHole, ClusterNames.BlackHole) },
    };

    private MutualTlsMode ModeOf(int port) => context.Snapshot.PeerAuthentication.ModeFor(context.Proxy.Namespace, context.Proxy.Labels, port);

    private static RouteConfiguration Routes(string cluster, int port, string operation) => new()
    {
        Name = cluster,
        ValidateClusters = false,
        VirtualHosts =
        {
            new VirtualHost
            {
                Name = $"inbound|http|{port}",
                Domains = { "*" },
                Routes = { RouteActions.Default(cluster, operation, RetryPolicies.Inbound()) },
            },
        },
    };
}
