using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Routes;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>
/// Where a sidecar takes its workload's own requests. Captured: one listener for each HTTP port (<c>0.0.0.0_80</c>), one for each
/// address and TCP port (<c>10.0.0.1_3306</c>), and <c>virtualOutbound</c> for the rest. In loopback mode: one real listener for each
/// service address and port, and the HTTP proxy listener.
/// </summary>
internal sealed class OutboundListeners(ProxyContext context, HttpConnectionManagers managers)
{
    private readonly Dictionary<string, Listener> _listeners = [];
    private readonly List<string> _order = [];
    private readonly SortedSet<string> _routes = new(StringComparer.Ordinal);
    private readonly OutboundTcpChains _tcp = new(context);

    /// <summary>The names of the route tables that the listeners ask for, in order.</summary>
    public IReadOnlyCollection<string> RouteNames => _routes;

    public IEnumerable<Listener> Build()
    {
        foreach (ServiceModel service in context.Services)
        {
            foreach (PortModel port in service.Ports.Where(port => port.Protocol != PortProtocol.Udp))
                AddPort(service, port);
        }

        List<Listener> result = [.. _order.Select(name => _listeners[name])];
        foreach (Listener listener in result)
            Finish(listener);
        result.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        result.Add(context.IsLoopback ? HttpProxy() : Virtual());
        return result;
    }

    private void AddPort(ServiceModel service, PortModel port)
    {
        if (context.IsLoopback)
        {
            if (!context.CanBind(port.Number))
                return;
            foreach (string address in context.AddressesOf(service))
                AddBound(service, port, address);
        }
        else if (port.Protocol.IsHttp())
        {
            AddHttp("0.0.0.0", port, port.Number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        else
        {
            AddCaptured(service, port);
        }
    }

    /// <summary>A real listener on an address that stands for one service.</summary>
    private void AddBound(ServiceModel service, PortModel port, string address)
    {
        string route = $"{service.Hostname}:{port.Number}";
        if (port.Protocol.IsHttp())
        {
            AddHttp(address, port, route);
            return;
        }

        Listener listener = Open(address, port.Number);
        if (port.Protocol == PortProtocol.Unsupported)
            listener.FilterChains.Add(HttpChain(address, port, route, sniffed: true));
        listener.FilterChains.AddRange(_tcp.ForService(service, port, boundToService: true, []));
    }

    // A second HTTP service on the same port shares the listener: the host tells them apart.
    private void AddHttp(string address, PortModel port, string route)
    {
        string name = $"{address}_{port.Number}";
        if (_listeners.TryGetValue(name, out Listener? existing))
        {
            // TCP came first on this very address: HTTP is told apart by sniffing.
            if (!existing.FilterChains.Any(IsHttp))
                existing.FilterChains.Insert(0, HttpChain(address, port, route, sniffed: true));
            return;
        }

        bool canPassThrough = context.Snapshot.Mesh.AllowsAnyOutbound && !context.IsLoopback;
        Listener listener = Open(address, port.Number);
        listener.FilterChains.Add(HttpChain(address, port, route, sniffed: canPassThrough));
        if (canPassThrough)
        {
            // What is not HTTP on this port is for a host that the registry does not know.
            listener.DefaultFilterChain = new FilterChain
            {
                Name = "PassthroughFilterChain",
                FilterChainMatch = new FilterChainMatch(),
                Filters = { NetworkFilters.Tcp(context, ClusterNames.Passthrough, ClusterNames.Passthrough) },
            };
        }
    }

    private void AddCaptured(ServiceModel service, PortModel port)
    {
        List<string> addresses = [.. CaptureAddresses(service, port)];
        if (addresses.Count == 0)
            addresses.Add("");
        foreach (string address in addresses)
        {
            bool isRange = address.Contains('/', StringComparison.Ordinal);
            bool isOwn = address.Length > 0 && !isRange;
            string bind = isOwn ? address : "0.0.0.0";
            string name = $"{bind}_{port.Number}";
            bool shared = _listeners.TryGetValue(name, out Listener? listener);
            List<FilterChain> chains = [.. _tcp.ForService(service, port, isOwn, isRange ? [address] : [])];
            if (shared && (isOwn || chains.Exists(chain => chain.FilterChainMatch is null)) && port.Protocol != PortProtocol.Unsupported)
            {
                // Two services on one address and port cannot be told apart: the older one has it.
                if (listener!.FilterChains.Any(chain => chain.FilterChainMatch is null))
                    continue;
            }

            listener ??= Open(bind, port.Number);
            if (port.Protocol == PortProtocol.Unsupported && !listener.FilterChains.Any(IsHttp))
            {
                string route = isOwn
                    ? $"{service.Hostname}:{port.Number}"
                    : port.Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
                listener.FilterChains.Add(HttpChain(bind, port, route, sniffed: true));
            }

            if (!listener.FilterChains.Any(chain => chain.FilterChainMatch is null) || chains.TrueForAll(chain => chain.FilterChainMatch is not null))
                listener.FilterChains.AddRange(chains);
        }
    }

    // A headless service has no address of its own: each endpoint's stands for it.
    private IEnumerable<string> CaptureAddresses(ServiceModel service, PortModel port)
    {
        if (service is { Headless: true } || (service.Resolution == ServiceResolution.Passthrough && service.Origin == ServiceOrigin.Kubernetes))
        {
            return context.Snapshot.Registry.EndpointsOf(service)
                .Where(endpoint => endpoint.ServicePort == port.Number && endpoint.Address != context.Proxy.Address)
                .Select(endpoint => endpoint.Address)
                .Distinct()
                .Order(StringComparer.Ordinal);
        }

        return context.AddressesOf(service);
    }

    private Listener Open(string address, int port)
    {
        string name = $"{address}_{port}";
        if (_listeners.TryGetValue(name, out Listener? listener))
            return listener;
        listener = new Listener
        {
            Name = name,
            Address = Protos.SocketAddress(address, port),
            BindToPort = context.IsLoopback,
            TrafficDirection = TrafficDirection.Outbound,
        };
        _listeners.Add(name, listener);
        _order.Add(name);
        return listener;
    }

    private FilterChain HttpChain(string address, PortModel port, string route, bool sniffed)
    {
        _routes.Add(route);
        FilterChain chain = new()
        {
            Filters = { NetworkFilters.Http(managers.WithRds(TrafficClass.SidecarOutbound, $"outbound_{address}_{port.Number};", route, port.Protocol)) },
        };
        if (sniffed)
        {
            chain.FilterChainMatch = new FilterChainMatch { TransportProtocol = "raw_buffer" };
            chain.FilterChainMatch.ApplicationProtocols.AddRange(FilterChainKinds.PlainHttp);
        }

        return chain;
    }

    private static bool IsHttp(FilterChain chain) => chain.Filters[^1].Name.EndsWith("http_connection_manager", StringComparison.Ordinal);

    private void Finish(Listener listener)
    {
        // A chain that asks for nothing loses to one that asks for plaintext, even where that one then wants HTTP: only as the default it takes the rest.
        if (listener.DefaultFilterChain is null && listener.FilterChains.Count > 1 && listener.FilterChains.FirstOrDefault(chain => chain.FilterChainMatch is null) is { } rest)
        {
            listener.FilterChains.Remove(rest);
            listener.DefaultFilterChain = rest;
        }

        listener.ListenerFilters.AddRange(NetworkFilters.Inspectors(listener.FilterChains));
        if (listener.ListenerFilters.Count == 0)
            return;
        listener.ListenerFiltersTimeout = context.Snapshot.Mesh.ProtocolDetectionTimeout;
        listener.ContinueOnListenerFiltersTimeout = true;
    }

    private Listener Virtual()
    {
        int port = context.Snapshot.Mesh.OutboundPort;
        string rest = context.Snapshot.Mesh.AllowsAnyOutbound ? ClusterNames.Passthrough : ClusterNames.BlackHole;
        return new Listener
        {
            Name = "virtualOutbound",
            Address = Protos.SocketAddress("0.0.0.0", port),
            UseOriginalDst = true,
            TrafficDirection = TrafficDirection.Outbound,
            FilterChains =
            {
                new FilterChain
                {
                    Name = "virtualOutbound-blackhole",
                    FilterChainMatch = new FilterChainMatch { DestinationPort = (uint)port },
                    Filters = { NetworkFilters.Tcp(context, ClusterNames.BlackHole, ClusterNames.BlackHole) },
                },
                new FilterChain
                {
                    Name = "virtualOutbound-catchall-tcp",
                    Filters = { NetworkFilters.Tcp(context, rest, rest) },
                },
            },
        };
    }

    private Listener HttpProxy()
    {
        string address = context.Proxy.Address.Length > 0 ? context.Proxy.Address : $"{context.Proxy.LoopbackPrefix}.0.1";
        int port = context.Proxy.HttpProxyPort;
        _routes.Add(SidecarRoutes.HttpProxyName);
        return new Listener
        {
            Name = $"{address}_{port}",
            Address = Protos.SocketAddress(address, port),
            BindToPort = true,
            TrafficDirection = TrafficDirection.Outbound,
            FilterChains =
            {
                new FilterChain
                {
                    Filters = { NetworkFilters.Http(managers.WithRds(TrafficClass.SidecarOutbound, $"outbound_{address}_{port};", SidecarRoutes.HttpProxyName)) },
                },
            },
        };
    }
}
