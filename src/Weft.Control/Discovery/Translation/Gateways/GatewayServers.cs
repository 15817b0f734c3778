using Istio.Networking.V1Alpha3;
using Weft.Control.Discovery.Snapshot;

namespace Weft.Control.Discovery.Translation.Gateways;

/// <summary>The servers that a gateway proxy runs: those of every Gateway whose selector picks it, the oldest first.</summary>
internal static class GatewayServers
{
    public static List<GatewayServer> Of(ProxyContext context)
    {
        List<GatewayServer> servers = [];
        foreach (GatewayModel gateway in context.Snapshot.GatewaysFor(context.Proxy.Labels))
        {
            foreach (Server server in gateway.Servers)
            {
                if (server.Port is null)
                    continue;
                GatewayServer candidate = new(gateway, server, ListenPort(context, (int)server.Port.Number));
                // One port speaks either plain HTTP or something else; the older server has it.
                bool clashes = servers.Exists(other => other.ListenPort == candidate.ListenPort && other.Bind == candidate.Bind
                    && other.Protocol.IsPlainHttp() != candidate.Protocol.IsPlainHttp());
                if (!clashes && context.CanBind(candidate.ListenPort))
                    servers.Add(candidate);
            }
        }

        return servers;
    }

    // A gateway often stands behind a Service that maps 80 to a port which needs no privilege.
    private static int ListenPort(ProxyContext context, int port)
    {
        if (context.Proxy.GatewayPorts.TryGetValue(port, out int mapped))
            return mapped;
        foreach (ServiceTarget target in context.Targets)
        {
            if (target.Port.Number == port)
                return target.TargetPort;
        }

        return port;
    }

    private static bool IsPlainHttp(this Registry.PortProtocol protocol) => Registry.PortProtocols.IsHttp(protocol);
}
