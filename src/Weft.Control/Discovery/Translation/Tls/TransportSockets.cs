using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.InternalUpstream.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.RawBuffer.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;

namespace Weft.Control.Discovery.Translation.Tls;

/// <summary>Transport sockets under Envoy's names.</summary>
internal static class TransportSockets
{
    public static TransportSocket RawBuffer() => new()
    {
        Name = "envoy.transport_sockets.raw_buffer",
        TypedConfig = Protos.Pack(new RawBuffer()),
    };

    /// <summary>To an endpoint behind an internal listener, which is told the endpoint's address.</summary>
    public static TransportSocket InternalUpstream() => new()
    {
        Name = "envoy.transport_sockets.internal_upstream",
        TypedConfig = Protos.Pack(new InternalUpstreamTransport
        {
            PassthroughMetadata =
            {
                new InternalUpstreamTransport.Types.MetadataValueSource
                {
                    Kind = new Envoy.Type.Metadata.V3.MetadataKind { Host = new Envoy.Type.Metadata.V3.MetadataKind.Types.Host() },
                    Name = "envoy.filters.listener.original_dst",
                },
            },
            TransportSocket = RawBuffer(),
        }),
    };

    public static TransportSocket Upstream(UpstreamTlsContext context) => new()
    {
        Name = "envoy.transport_sockets.tls",
        TypedConfig = Protos.Pack(context),
    };

    /// <summary>Wraps what a cluster speaks, or plaintext, so that each connection begins with a PROXY header. Source: Istio's upstream proxy protocol.</summary>
    public static void PutProxyHeaderInFront(Cluster cluster, bool version2)
    {
        foreach (Cluster.Types.TransportSocketMatch match in cluster.TransportSocketMatches)
            match.TransportSocket = Wrap(match.TransportSocket, version2);
        if (cluster.TransportSocket is not null || cluster.TransportSocketMatches.Count == 0)
            cluster.TransportSocket = Wrap(cluster.TransportSocket ?? RawBuffer(), version2);
    }

    private static TransportSocket Wrap(TransportSocket inner, bool version2) => new()
    {
        Name = "envoy.transport_sockets.upstream_proxy_protocol",
        TypedConfig = Protos.Pack(new ProxyProtocolUpstreamTransport
        {
            Config = new ProxyProtocolConfig { Version = version2 ? ProxyProtocolConfig.Types.Version.V2 : ProxyProtocolConfig.Types.Version.V1 },
            TransportSocket = inner,
        }),
    };

    public static TransportSocket Downstream(DownstreamTlsContext context) => new()
    {
        Name = "envoy.transport_sockets.tls",
        TypedConfig = Protos.Pack(context),
    };
}
