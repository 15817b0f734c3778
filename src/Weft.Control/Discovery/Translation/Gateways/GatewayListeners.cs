using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf.Collections;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation.Listeners;
using Weft.Control.Discovery.Translation.Routes;
using Weft.Control.Discovery.Translation.Tls;

namespace Weft.Control.Discovery.Translation.Gateways;

/// <summary>A gateway's listeners: one for each address and port of its servers, with a chain for each TLS server.</summary>
internal sealed class GatewayListeners(ProxyContext context, HttpConnectionManagers managers, IReadOnlyList<GatewayServer> servers)
{
    public IEnumerable<Listener> Build()
    {
        foreach (var group in servers.GroupBy(server => (server.Bind, server.ListenPort)).OrderBy(group => group.Key.ListenPort))
        {
            Listener listener = new()
            {
                Name = $"{group.Key.Bind}_{group.Key.ListenPort}",
                Address = Protos.SocketAddress(group.Key.Bind, group.Key.ListenPort),
                TrafficDirection = TrafficDirection.Outbound,
                ContinueOnListenerFiltersTimeout = true,
                ListenerFiltersTimeout = context.Snapshot.Mesh.ProtocolDetectionTimeout,
            };
            HardeningProfile.ApplyEdge(listener);
            AddChains(listener, group.Key.Bind, [.. group]);
            KeepFirstOfEach(listener.FilterChains);
            if (context.Snapshot.Mesh.Config.DefaultConfig?.GatewayTopology?.ProxyProtocol is not null)
                listener.ListenerFilters.Add(NetworkFilters.ProxyProtocol());
            bool looks = NetworkFilters.Inspectors(listener.FilterChains).Any();
            listener.ListenerFilters.AddRange(NetworkFilters.Inspectors(listener.FilterChains));
            if (!looks && listener.FilterChains.Any(chain => chain.TransportSocket is not null))
                listener.ListenerFilters.Add(NetworkFilters.TlsInspector());
            if (listener.FilterChains.Count > 0)
                yield return listener;
        }
    }

    private void AddChains(Listener listener, string bind, List<GatewayServer> group)
    {
        string prefix = $"outbound_{bind}_{group[0].ListenPort};";
        // Plain HTTP servers of one port share a chain: their hosts tell them apart in the route table.
        if (group[0].Protocol.IsHttp())
        {
            listener.FilterChains.Add(new FilterChain
            {
                Filters = { NetworkFilters.Http(managers.WithRds(TrafficClass.Gateway, prefix, group[0].RouteName, group[0].Protocol)) },
            });
            return;
        }

        foreach (GatewayServer server in group)
        {
            if (server.EndsHttps)
                listener.FilterChains.Add(HttpsChain(server, prefix));
            else if (server.IsAutoPassthrough)
                listener.FilterChains.AddRange(AutoPassthroughChains(server));
            else if (server.PassesTls)
                listener.FilterChains.AddRange(RoutedTlsChains(server));
            else
                listener.FilterChains.AddRange(TcpChains(server));
        }
    }

    // Two VirtualServices for one server name would make two chains of which a proxy could never choose; the older has it.
    private static void KeepFirstOfEach(RepeatedField<FilterChain> chains)
    {
        HashSet<FilterChainMatch> seen = [];
        for (int i = 0; i < chains.Count; i++)
        {
            if (!seen.Add(chains[i].FilterChainMatch ?? new FilterChainMatch()))
                chains.RemoveAt(i--);
        }
    }

    private FilterChain HttpsChain(GatewayServer server, string prefix)
    {
        FilterChain chain = new()
        {
            FilterChainMatch = SniMatch(server.ServerNames()),
            TransportSocket = TransportSockets.Downstream(DownstreamTls.FromSettings(server.Server.Tls, context.Snapshot.Mesh)),
        };
        string statPrefix = server.Server.Name.Length > 0 ? server.Server.Name : prefix;
        chain.Filters.Add(NetworkFilters.Http(managers.WithRds(TrafficClass.Gateway, statPrefix, server.RouteName)));
        return chain;
    }

    private IEnumerable<FilterChain> RoutedTlsChains(GatewayServer server)
    {
        RouteScope scope = Scope(server);
        foreach (VirtualServiceModel model in context.Snapshot.VirtualServicesFor(server.Gateway.FullName, context.Proxy.Namespace))
        {
            List<string> allowed = [.. server.HostsFor(model.Namespace)];
            foreach (TLSRoute route in model.Spec.Tls)
            {
                foreach (TLSMatchAttributes match in route.Match.Where(match => L4Matches.Concerns(match, scope)))
                {
                    List<string> names = [.. match.SniHosts.Where(name => allowed.Exists(host => HostNames.IsSubsetOf(name, host)))];
                    if (names.Count == 0)
                        continue;
                    yield return new FilterChain
                    {
                        FilterChainMatch = SniMatch(names.Contains("*") ? [] : names),
                        Filters = { NetworkFilters.Tcp(context, L4Matches.ToProxy(route.Route, scope)) },
                    };
                }
            }
        }
    }

    // The server name itself is the cluster's name: traffic of another network's proxies, still under their mutual TLS.
    private IEnumerable<FilterChain> AutoPassthroughChains(GatewayServer server)
    {
        List<string> allowed = [.. server.HostsFor(server.Gateway.Namespace)];
        foreach (ServiceModel service in context.Services.Where(service => !service.MeshExternal && allowed.Exists(host => HostNames.IsSubsetOf(service.Hostname, host))))
        {
            foreach (PortModel port in service.Ports.Where(port => port.Protocol != PortProtocol.Udp))
            {
                IEnumerable<string?> subsets = [null, .. (context.DestinationRuleFor(service)?.Subsets ?? []).Select(subset => subset.Name)];
                foreach (string? subset in subsets)
                {
                    string name = ClusterNames.ServerName(port.Number, subset, service.Hostname);
                    FilterChainMatch match = SniMatch([name]);
                    match.ApplicationProtocols.Add("istio");
                    match.ApplicationProtocols.Add("istio-peer-exchange");
                    match.ApplicationProtocols.Add("istio-http/1.0");
                    match.ApplicationProtocols.Add("istio-http/1.1");
                    match.ApplicationProtocols.Add("istio-h2");
                    yield return new FilterChain { FilterChainMatch = match, Filters = { NetworkFilters.Tcp(context, name, name) } };
                }
            }
        }
    }

    private IEnumerable<FilterChain> TcpChains(GatewayServer server)
    {
        RouteScope scope = Scope(server);
        bool endsTls = server.Server.Tls is { HttpsRedirect: false } && server.Protocol.IsTls();
        foreach (VirtualServiceModel model in context.Snapshot.VirtualServicesFor(server.Gateway.FullName, context.Proxy.Namespace))
        {
            if (!server.HostsFor(model.Namespace).Any(host => model.Hosts.Any(own => HostNames.Matches(host, own))))
                continue;
            foreach (TCPRoute route in model.Spec.Tcp)
            {
                if (route.Match.Count > 0 && !route.Match.Any(match => L4Matches.Concerns(match, scope)))
                    continue;
                yield return new FilterChain
                {
                    FilterChainMatch = endsTls ? SniMatch(server.ServerNames()) : null,
                    TransportSocket = endsTls ? TransportSockets.Downstream(DownstreamTls.FromSettings(server.Server.Tls, context.Snapshot.Mesh)) : null,
                    Filters = { NetworkFilters.Tcp(context, L4Matches.ToProxy(route.Route, scope)) },
                };
                yield break;
            }
        }
    }

    private RouteScope Scope(GatewayServer server) =>
        new(context, (int)server.Server.Port.Number, new HashSet<string> { server.Gateway.FullName }, IsTls: server.Server.Tls is not null);

    private static FilterChainMatch SniMatch(IEnumerable<string> names)
    {
        FilterChainMatch match = new();
        match.ServerNames.AddRange(names);
        return match;
    }
}
