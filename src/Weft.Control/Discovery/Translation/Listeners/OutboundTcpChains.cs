using System.Globalization;
using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation.Clusters;
using Weft.Control.Discovery.Translation.Routes;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>
/// Chains that copy bytes: TLS by server name and TCP by address, as the VirtualServices of a service say, else straight to it.
/// </summary>
internal sealed class OutboundTcpChains(ProxyContext context)
{
    private static readonly HashSet<string> MeshGateway = [VirtualServiceModel.MeshGateway];

    /// <param name="service">The service that the listener is for.</param>
    /// <param name="port">Its port.</param>
    /// <param name="boundToService">The listener's address belongs to the service alone, so that no server name is needed.</param>
    /// <param name="ranges">Address ranges that stand for the service; empty for all.</param>
    public IEnumerable<FilterChain> ForService(ServiceModel service, PortModel port, bool boundToService, IReadOnlyList<string> ranges)
    {
        RouteScope scope = new(context, port.Number, MeshGateway, IsTls: false);
        List<FilterChain> chains = [];
        bool tlsRouted = false, tcpRouted = false;
        foreach (VirtualServiceModel model in context.Snapshot.VirtualServicesFor(VirtualServiceModel.MeshGateway, context.Proxy.Namespace))
        {
            if (!model.Hosts.Any(host => HostNames.IsSubsetOf(service.Hostname, host)))
                continue;
            if (port.Protocol.IsTls() || port.Protocol == PortProtocol.Unsupported)
                chains.AddRange(TlsChains(model, scope, ranges, ref tlsRouted));
            if (!tcpRouted && !port.Protocol.IsTls())
                chains.AddRange(TcpChains(model, scope, ranges, ref tcpRouted));
        }

        if (!tcpRouted && !(tlsRouted && port.Protocol.IsTls()))
            chains.Add(Default(service, port, boundToService, ranges));
        return chains;
    }

    private FilterChain Default(ServiceModel service, PortModel port, bool boundToService, IReadOnlyList<string> ranges)
    {
        string cluster = ClusterNames.Outbound(port.Number, null, service.Hostname);
        FilterChainMatch? match = Match([], ranges);
        // On a shared address only the server name tells which service a TLS client means.
        if (port.Protocol.IsTls() && !boundToService)
        {
            match ??= new FilterChainMatch();
            match.ServerNames.Add(service.Hostname);
        }

        return new FilterChain { FilterChainMatch = match, Filters = { NetworkFilters.Tcp(context, cluster, cluster, IdleTimeout(service, port)) } };
    }

    private List<FilterChain> TlsChains(VirtualServiceModel model, RouteScope scope, IReadOnlyList<string> ranges, ref bool routed)
    {
        List<FilterChain> chains = [];
        foreach (TLSRoute route in model.Spec.Tls)
        {
            foreach (TLSMatchAttributes match in route.Match)
            {
                if (!L4Matches.Concerns(match, scope))
                    continue;
                routed = true;
                chains.Add(new FilterChain
                {
                    FilterChainMatch = Match(match.SniHosts, match.DestinationSubnets.Count > 0 ? match.DestinationSubnets : ranges),
                    Filters = { NetworkFilters.Tcp(context, L4Matches.ToProxy(route.Route, scope)) },
                });
            }
        }

        return chains;
    }

    private List<FilterChain> TcpChains(VirtualServiceModel model, RouteScope scope, IReadOnlyList<string> ranges, ref bool routed)
    {
        List<FilterChain> chains = [];
        foreach (TCPRoute route in model.Spec.Tcp)
        {
            IEnumerable<L4MatchAttributes> matches = route.Match.Count > 0 ? route.Match : [new L4MatchAttributes()];
            foreach (L4MatchAttributes match in matches)
            {
                if (!L4Matches.Concerns(match, scope))
                    continue;
                FilterChainMatch? chainMatch = Match([], match.DestinationSubnets.Count > 0 ? match.DestinationSubnets : ranges);
                chains.Add(new FilterChain
                {
                    FilterChainMatch = chainMatch,
                    Filters = { NetworkFilters.Tcp(context, L4Matches.ToProxy(route.Route, scope)) },
                });
                routed = true;
                if (chainMatch is null)
                    return chains;
            }
        }

        return chains;
    }

    private Google.Protobuf.WellKnownTypes.Duration? IdleTimeout(ServiceModel service, PortModel port) =>
        TrafficPolicies.ForPort(context.DestinationRuleFor(service)?.TrafficPolicy, port)?.ConnectionPool?.Tcp?.IdleTimeout;

    private static FilterChainMatch? Match(IEnumerable<string> serverNames, IEnumerable<string> ranges)
    {
        FilterChainMatch match = new();
        match.ServerNames.AddRange(serverNames);
        foreach (string range in ranges)
        {
            string[] parts = range.Split('/', 2);
            if (!IPAddress.TryParse(parts[0], out IPAddress? address))
                continue;
            uint length = parts.Length > 1 && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint given)
                ? given
                : (uint)address.GetAddressBytes().Length * 8;
            match.PrefixRanges.Add(new CidrRange { AddressPrefix = parts[0], PrefixLen = length });
        }

        return match.ServerNames.Count == 0 && match.PrefixRanges.Count == 0 ? null : match;
    }
}
