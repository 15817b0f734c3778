using Envoy.Config.Core.V3;
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

    public static TransportSocket Upstream(UpstreamTlsContext context) => new()
    {
        Name = "envoy.transport_sockets.tls",
        TypedConfig = Protos.Pack(context),
    };

    public static TransportSocket Downstream(DownstreamTlsContext context) => new()
    {
        Name = "envoy.transport_sockets.tls",
        TypedConfig = Protos.Pack(context),
    };
}
