using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.GrpcWeb.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Istio.Mesh.V1Alpha1;
using Weft.Control.Discovery.Registry;
using Weft.Control.Discovery.Translation.Routes;
using Manager = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;
using Normalization = Istio.Mesh.V1Alpha1.MeshConfig.Types.ProxyPathNormalization.Types.NormalizationType;

namespace Weft.Control.Discovery.Translation.Listeners;

/// <summary>HTTP connection managers with Istio's settings for each side of a proxy.</summary>
internal sealed class HttpConnectionManagers(ProxyContext context)
{
    private const string ServerName = "istio-envoy";

    /// <summary>A manager whose routes come over RDS.</summary>
    public Manager WithRds(TrafficClass side, string statPrefix, string routeName, PortProtocol protocol = PortProtocol.Unsupported)
    {
        Manager manager = Create(side, statPrefix, protocol);
        manager.Rds = new Rds { ConfigSource = Protos.Ads(), RouteConfigName = routeName };
        return manager;
    }

    /// <summary>A manager with its routes inside.</summary>
    public Manager WithRoutes(TrafficClass side, string statPrefix, RouteConfiguration routes, PortProtocol protocol = PortProtocol.Unsupported)
    {
        Manager manager = Create(side, statPrefix, protocol);
        manager.RouteConfig = routes;
        return manager;
    }

    /// <summary>The manager that ends tunnels: HTTP/2 and CONNECT only. What they carry has a log line of its own.</summary>
    public Manager ForConnects(RouteConfiguration routes)
    {
        Manager manager = new()
        {
            StatPrefix = "inbound_connect_terminate;",
            CodecType = Manager.Types.CodecType.Http2,
            ServerName = ServerName,
            StreamIdleTimeout = Protos.NoTimeout,
            Http2ProtocolOptions = Clusters.HboneClusters.Http2(),
            UpgradeConfigs = { new Manager.Types.UpgradeConfig { UpgradeType = "CONNECT" } },
            HttpFilters = { HttpFilter("envoy.filters.http.router", new Router()) },
            RouteConfig = routes,
        };
        manager.AccessLog.AddRange(AccessLogs.Of(context.Snapshot.Mesh));
        return manager;
    }

    private Manager Create(TrafficClass side, string statPrefix, PortProtocol protocol)
    {
        Manager manager = new()
        {
            StatPrefix = statPrefix,
            CodecType = Manager.Types.CodecType.Auto,
            UpgradeConfigs = { new Manager.Types.UpgradeConfig { UpgradeType = "websocket" } },
        };
        if (side == TrafficClass.Gateway)
            HardeningProfile.ApplyEdge(manager);
        else
            HardeningProfile.ApplyMesh(manager);
        ApplyNormalization(manager);
        ApplyIdentityHeaders(manager, side);
        manager.AccessLog.AddRange(AccessLogs.Of(context.Snapshot.Mesh));
        if (protocol == PortProtocol.GrpcWeb)
            manager.HttpFilters.Add(HttpFilter("envoy.filters.http.grpc_web", new GrpcWeb()));
        manager.HttpFilters.Add(HttpFilter(PerRouteFilters.FaultName, new HTTPFault()));
        manager.HttpFilters.Add(HttpFilter(PerRouteFilters.CorsName, new Cors()));
        manager.HttpFilters.Add(HttpFilter("envoy.filters.http.router", new Router()));
        return manager;
    }

    private void ApplyNormalization(Manager manager)
    {
        Normalization mode = context.Snapshot.Mesh.Config.PathNormalization?.Normalization ?? Normalization.Default;
        // Where the mesh says nothing, the profile has decided.
        if (mode == Normalization.Default)
            return;
        manager.PathWithEscapedSlashesAction = Manager.Types.PathWithEscapedSlashesAction.KeepUnchanged;
        manager.NormalizePath = mode != Normalization.None;
        manager.MergeSlashes = mode is Normalization.MergeSlashes or Normalization.DecodeAndMergeSlashes;
        if (mode == Normalization.DecodeAndMergeSlashes)
            manager.PathWithEscapedSlashesAction = Manager.Types.PathWithEscapedSlashesAction.UnescapeAndForward;
    }

    // Inside the mesh a client's certificate is passed on; at the edge what strangers claim is replaced.
    private void ApplyIdentityHeaders(Manager manager, TrafficClass side)
    {
        switch (side)
        {
            case TrafficClass.SidecarInbound:
                manager.ServerName = ServerName;
                manager.ForwardClientCertDetails = Mode(Headers?.ForwardedClientCert ?? default, Manager.Types.ForwardClientCertDetails.AppendForward);
                manager.SetCurrentClientCertDetails = Details(new Manager.Types.SetCurrentClientCertDetails { Subject = true, Dns = true, Uri = true });
                break;
            case TrafficClass.Gateway:
                manager.ServerName = ServerName;
                manager.ForwardClientCertDetails = Manager.Types.ForwardClientCertDetails.SanitizeSet;
                manager.SetCurrentClientCertDetails = Details(new Manager.Types.SetCurrentClientCertDetails { Subject = true, Cert = true, Dns = true, Uri = true });
                ApplyTopology(manager, context.Snapshot.Mesh.Config.DefaultConfig?.GatewayTopology);
                break;
        }
    }

    private static void ApplyTopology(Manager manager, Topology? topology)
    {
        if (topology is null)
            return;
        manager.XffNumTrustedHops = topology.NumTrustedProxies;
        manager.ForwardClientCertDetails = Mode(topology.ForwardClientCertDetails, Manager.Types.ForwardClientCertDetails.SanitizeSet);
    }

    private ProxyConfig.Types.ProxyHeaders? Headers => context.Snapshot.Mesh.Config.DefaultConfig?.ProxyHeaders;

    private static Manager.Types.ForwardClientCertDetails Mode(ForwardClientCertDetails mode, Manager.Types.ForwardClientCertDetails fallback) => mode switch
    {
        ForwardClientCertDetails.Sanitize => Manager.Types.ForwardClientCertDetails.Sanitize,
        ForwardClientCertDetails.ForwardOnly => Manager.Types.ForwardClientCertDetails.ForwardOnly,
        ForwardClientCertDetails.AppendForward => Manager.Types.ForwardClientCertDetails.AppendForward,
        ForwardClientCertDetails.SanitizeSet => Manager.Types.ForwardClientCertDetails.SanitizeSet,
        ForwardClientCertDetails.AlwaysForwardOnly => Manager.Types.ForwardClientCertDetails.AlwaysForwardOnly,
        _ => fallback,
    };

    // What is not said keeps its default, each for itself.
    private Manager.Types.SetCurrentClientCertDetails Details(Manager.Types.SetCurrentClientCertDetails details)
    {
        if (Headers?.SetCurrentClientCertDetails is not { } asked)
            return details;
        details.Subject = asked.Subject ?? details.Subject;
        details.Cert = asked.Cert ?? details.Cert;
        details.Chain = asked.Chain ?? details.Chain;
        details.Dns = asked.Dns ?? details.Dns;
        details.Uri = asked.Uri ?? details.Uri;
        return details;
    }

    private static HttpFilter HttpFilter(string name, Google.Protobuf.IMessage config) => new() { Name = name, TypedConfig = Protos.Pack(config) };
}
