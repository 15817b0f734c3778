using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.HttpInspector.V3;
using Envoy.Extensions.Filters.Listener.OriginalDst.V3;
using Envoy.Extensions.Filters.Listener.TlsInspector.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using ProxyProtocolFilter = Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocol;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>Listener filters and the two terminal network filters under Envoy's names.</summary>
internal static class NetworkFilters
{
    public static ListenerFilter OriginalDestination() => new()
    {
        Name = "envoy.filters.listener.original_dst",
        TypedConfig = Protos.Pack(new OriginalDst()),
    };

    /// <summary>The load balancer in front names the client in a PROXY header.</summary>
    public static ListenerFilter ProxyProtocol() => new()
    {
        Name = "envoy.filters.listener.proxy_protocol",
        TypedConfig = Protos.Pack(new ProxyProtocolFilter()),
    };

    public static ListenerFilter TlsInspector() => new()
    {
        Name = "envoy.filters.listener.tls_inspector",
        TypedConfig = Protos.Pack(new TlsInspector()),
    };

    public static ListenerFilter HttpInspector() => new()
    {
        Name = "envoy.filters.listener.http_inspector",
        TypedConfig = Protos.Pack(new HttpInspector()),
    };

    public static Filter Http(HttpConnectionManager manager) => new()
    {
        Name = "envoy.filters.network.http_connection_manager",
        TypedConfig = Protos.Pack(manager),
    };

    /// <summary>Copies bytes to one cluster.</summary>
    public static Filter Tcp(ProxyContext context, string statPrefix, string cluster, Duration? idleTimeout = null) =>
        Tcp(context, new TcpProxy { StatPrefix = statPrefix, Cluster = cluster, IdleTimeout = idleTimeout });

    /// <summary>Copies bytes as <paramref name="proxy"/> says; the access log is added to it.</summary>
    public static Filter Tcp(ProxyContext context, TcpProxy proxy)
    {
        proxy.AccessLog.AddRange(AccessLogs.Of(context.Snapshot.Mesh));
        return new Filter { Name = "envoy.filters.network.tcp_proxy", TypedConfig = Protos.Pack(proxy) };
    }

    /// <summary>The inspectors that the chains of a listener need, TLS before HTTP: an HTTP inspector cannot read what is encrypted.</summary>
    public static IEnumerable<ListenerFilter> Inspectors(IEnumerable<FilterChain> chains)
    {
        bool tls = false, http = false;
        foreach (FilterChain chain in chains)
        {
            if (chain.FilterChainMatch is not { } match)
                continue;
            tls |= match.TransportProtocol == "tls" || match.ServerNames.Count > 0 || match.ApplicationProtocols.Any(IsMeshProtocol);
            http |= match.ApplicationProtocols.Any(protocol => protocol is "http/1.0" or "http/1.1" or "h2c");
        }

        if (tls || http)
            yield return TlsInspector();
        if (http)
            yield return HttpInspector();
    }

    private static bool IsMeshProtocol(string protocol) => protocol.StartsWith("istio", StringComparison.Ordinal);
}
