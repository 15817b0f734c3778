using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Weft.Control.Discovery.Snapshot;
using Weft.Control.Discovery.Translation.Clusters;
using Weft.Control.Discovery.Translation.Gateways;
using Weft.Control.Discovery.Translation.Listeners;
using Weft.Control.Discovery.Translation.Routes;
using Weft.Control.Discovery.Translation.Secrets;

namespace Weft.Control.Discovery.Translation;

/// <summary>Turns a snapshot into one proxy's configuration: pure, the same input gives the same bytes. Any thread.</summary>
public static class ProxyTranslator
{
    public static ProxyResources Translate(MeshSnapshot snapshot, ProxyDescription proxy)
    {
        ProxyContext context = new(snapshot, proxy);
        return proxy.Type == ProxyType.Router ? TranslateRouter(context) : TranslateSidecar(context);
    }

    private static ProxyResources TranslateSidecar(ProxyContext context)
    {
        HttpConnectionManagers managers = new(context);
        OutboundListeners outbound = new(context, managers);
        HboneListeners hbone = new(context, managers);
        List<Listener> listeners = [.. outbound.Build(), .. new InboundListeners(context, managers).Build(), .. hbone.Build()];
        SidecarRoutes routes = new(context);
        FixedClusters fixedClusters = new(context);
        (List<Cluster> clusters, var endpoints) = new OutboundClusters(context).Build();
        clusters.Add(fixedClusters.BlackHole());
        clusters.Add(fixedClusters.Passthrough());
        clusters.Add(fixedClusters.InboundPassthrough());
        clusters.AddRange(fixedClusters.Inbound());
        clusters.AddRange(HboneClusters.Build(context));
        return new ProxyResources
        {
            Listeners = listeners,
            Routes = [.. outbound.RouteNames.Select(routes.Build)],
            Clusters = clusters,
            Endpoints = endpoints,
            Secrets = [],
            Names = NameTables.Build(context),
        };
    }

    private static ProxyResources TranslateRouter(ProxyContext context)
    {
        List<GatewayServer> servers = GatewayServers.Of(context);
        List<Listener> listeners = [.. new GatewayListeners(context, new HttpConnectionManagers(context), servers).Build()];
        (List<Cluster> clusters, var endpoints) = new OutboundClusters(context).Build();
        if (servers.Exists(server => server.IsAutoPassthrough))
            clusters.AddRange(clusters.Where(cluster => cluster.Type == Cluster.Types.DiscoveryType.Eds).Select(ToServerNameCluster).ToList());
        clusters.Add(new FixedClusters(context).BlackHole());
        return new ProxyResources
        {
            Listeners = listeners,
            Routes = [.. new GatewayRoutes(context, servers).Build()],
            Clusters = clusters,
            Endpoints = endpoints,
            Secrets = [.. Credentials.Build(context, CredentialNames(listeners))],
            Names = NameTables.Build(context),
        };
    }

    // The same endpoints under the name that mutual TLS clients of another network ask for; their TLS passes through.
    private static Cluster ToServerNameCluster(Cluster cluster)
    {
        string[] parts = cluster.Name.Split('|');
        Cluster copy = cluster.Clone();
        copy.Name = ClusterNames.ServerName(int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), parts[2], parts[3]);
        copy.TransportSocket = null;
        copy.TransportSocketMatches.Clear();
        return copy;
    }

    private static IEnumerable<string> CredentialNames(IEnumerable<Listener> listeners)
    {
        foreach (FilterChain chain in listeners.SelectMany(listener => listener.FilterChains))
        {
            if (chain.TransportSocket is null)
                continue;
            CommonTlsContext common = chain.TransportSocket.TypedConfig.Unpack<DownstreamTlsContext>().CommonTlsContext;
            foreach (SdsSecretConfig certificate in common.TlsCertificateSdsSecretConfigs)
                yield return certificate.Name;
            if (common.CombinedValidationContext?.ValidationContextSdsSecretConfig is { } roots)
                yield return roots.Name;
        }
    }
}
