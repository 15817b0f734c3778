using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Type.Matcher.V3;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Tls;
using Manager = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>
/// HBONE of a sidecar, with Istio's names: <c>connect_terminate</c> ends the tunnels of others on port 15008 and hands what they carry to
/// <c>main_internal</c>, whose chains are those of the inbound ports; <c>connect_originate</c> is how this workload's own connections get into tunnels.
/// Only destinations of this workload are let in: routes name them, and all others are answered 403.
/// </summary>
internal sealed class HboneListeners(ProxyContext context, HttpConnectionManagers managers)
{
    /// <summary>Where every proxy of the mesh takes HBONE.</summary>
    public const int Port = 15008;

    private const int AdminPort = 15000;

    public IEnumerable<Listener> Build()
    {
        // Without an address nothing could be told to be the workload's own.
        if (IPAddress.TryParse(context.Proxy.Address, out _))
        {
            yield return Terminate();
            foreach ((string name, bool sniffed) in ((string, bool)[])[(ClusterNames.MainInternal, false), (ClusterNames.MainInternalSniffed, true)])
            {
                Listener inside = Internal(name);
                inside.TrafficDirection = TrafficDirection.Inbound;
                inside.ListenerFiltersTimeout = context.Snapshot.Mesh.ProtocolDetectionTimeout;
                inside.ContinueOnListenerFiltersTimeout = true;
                inside.FilterChains.AddRange(new InboundListeners(context, managers).Carried(sniffed));
                inside.ListenerFilters.AddRange(NetworkFilters.Inspectors(inside.FilterChains));
                if (inside.FilterChains.Count > 0)
                    yield return inside;
            }
        }

        if (context.Snapshot.Mesh.OutboundHbone)
            yield return Originate();
    }

    private static Listener Internal(string name) => new() { Name = name, InternalListener = new Listener.Types.InternalListenerConfig() };

    private static Listener Originate()
    {
        Listener listener = Internal(ClusterNames.ConnectOriginate);
        listener.ListenerFilters.Add(NetworkFilters.OriginalDestination());
        TcpProxy proxy = new()
        {
            StatPrefix = ClusterNames.ConnectOriginate,
            Cluster = ClusterNames.ConnectOriginate,
            TunnelingConfig = new TcpProxy.Types.TunnelingConfig { Hostname = "%DOWNSTREAM_LOCAL_ADDRESS%" },
        };
        listener.FilterChains.Add(new FilterChain { Filters = { new Filter { Name = "envoy.filters.network.tcp_proxy", TypedConfig = Protos.Pack(proxy) } } });
        return listener;
    }

    private Listener Terminate()
    {
        Manager manager = managers.ForConnects(Routes());
        Listener listener = new()
        {
            Name = "connect_terminate",
            Address = Protos.SocketAddress(context.IsLoopback ? context.Proxy.Address : "0.0.0.0", Port),
            TrafficDirection = TrafficDirection.Inbound,
        };
        listener.FilterChains.Add(new FilterChain
        {
            Name = "default",
            TransportSocket = TransportSockets.Downstream(DownstreamTls.Hbone(context.Snapshot.Mesh)),
            Filters = { NetworkFilters.Http(manager) },
        });
        return listener;
    }

    private RouteConfiguration Routes()
    {
        VirtualHost host = new() { Name = "default", Domains = { "*" } };
        string address = context.Proxy.Address.Contains(':', StringComparison.Ordinal) ? $"[{context.Proxy.Address}]:" : context.Proxy.Address + ":";
        // The proxy's own ports are nobody's destination: a tunnel to one of them could come round again.
        foreach (int own in context.IsLoopback ? [] : (int[])[AdminPort, context.Snapshot.Mesh.OutboundPort, context.Snapshot.Mesh.InboundPort, Port])
            host.Routes.Add(Refuse($"port {own} belongs to the proxy of this workload", new StringMatcher { Exact = $"{address}{own}" }));
        foreach (ServiceTarget target in context.Targets)
        {
            bool sniffed = target.Port.Protocol == PortProtocol.Unsupported;
            if (context.IsLoopback ? context.CanBind(target.TargetPort) : sniffed)
                host.Routes.Add(Inside(sniffed ? ClusterNames.MainInternalSniffed : ClusterNames.MainInternal, new StringMatcher { Exact = $"{address}{target.TargetPort}" }));
        }

        if (!context.IsLoopback)
            host.Routes.Add(Inside(ClusterNames.MainInternal, new StringMatcher { Prefix = address }));
        host.Routes.Add(Refuse("the destination does not belong to this workload", null));
        return new RouteConfiguration { Name = "default", ValidateClusters = false, VirtualHosts = { host } };
    }

    private static Route Inside(string cluster, StringMatcher authority) => new()
    {
        Match = Connect(authority),
        Route_ = new RouteAction
        {
            Cluster = cluster,
            Timeout = Protos.NoTimeout,
            UpgradeConfigs =
            {
                new RouteAction.Types.UpgradeConfig { UpgradeType = "CONNECT", ConnectConfig = new RouteAction.Types.UpgradeConfig.Types.ConnectConfig() },
            },
        },
    };

    private static Route Refuse(string reason, StringMatcher? authority) => new()
    {
        Match = Connect(authority),
        DirectResponse = new DirectResponseAction { Status = 403, Body = new DataSource { InlineString = reason } },
    };

    private static RouteMatch Connect(StringMatcher? authority)
    {
        RouteMatch match = new() { ConnectMatcher = new RouteMatch.Types.ConnectMatcher() };
        if (authority is not null)
            match.Headers.Add(new HeaderMatcher { Name = ":authority", StringMatch = authority });
        return match;
    }
}
