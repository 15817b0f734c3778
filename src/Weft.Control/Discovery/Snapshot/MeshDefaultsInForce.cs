using Google.Protobuf.WellKnownTypes;
using Istio.Mesh.V1Alpha1;

namespace Weft.Control.Discovery.Snapshot;

/// <summary>The parts of the mesh configuration that translation reads, with Istio's default where nothing is set.</summary>
public sealed class MeshDefaultsInForce(MeshConfig mesh)
{
    private static readonly Duration FiveSeconds = Duration.FromTimeSpan(TimeSpan.FromSeconds(5));
    private static readonly Duration TenSeconds = Duration.FromTimeSpan(TimeSpan.FromSeconds(10));

    /// <summary>The configuration in force.</summary>
    public MeshConfig Config { get; } = mesh;

    public string RootNamespace => Config.RootNamespace.Length > 0 ? Config.RootNamespace : "istio-system";

    public string TrustDomain => Config.TrustDomain.Length > 0 ? Config.TrustDomain : "cluster.local";

    public int OutboundPort => Config.ProxyListenPort > 0 ? Config.ProxyListenPort : 15001;

    public int InboundPort => Config.ProxyInboundListenPort > 0 ? Config.ProxyInboundListenPort : 15006;

    public Duration ConnectTimeout => Config.ConnectTimeout ?? TenSeconds;

    /// <summary>
    /// How long a client is waited for whose first bytes tell its protocol. Istio's default of 0 is to wait for ever, so that a server that speaks first is never
    /// heard; here 0 stands for five seconds.
    /// </summary>
    public Duration ProtocolDetectionTimeout => Config.ProtocolDetectionTimeout is { } given && (given.Seconds != 0 || given.Nanos != 0) ? given : FiveSeconds;

    /// <summary>Traffic to hosts that the registry does not know goes where it was sent; otherwise it is refused.</summary>
    public bool AllowsAnyOutbound => Config.OutboundTrafficPolicy is null
        || Config.OutboundTrafficPolicy.Mode != MeshConfig.Types.OutboundTrafficPolicy.Types.Mode.RegistryOnly;

    /// <summary>
    /// Proxies reach TCP ports of workloads that take HBONE through it: <c>defaultConfig.proxyMetadata.ISTIO_META_ENABLE_HBONE</c>, Istio's switch. Off where
    /// nothing is said, as in Istio.
    /// </summary>
    public bool OutboundHbone => Config.DefaultConfig is { } proxy && proxy.ProxyMetadata.TryGetValue("ISTIO_META_ENABLE_HBONE", out string? value) && value is "true" or "1";

    public bool AutoMutualTls => Config.EnableAutoMtls ?? true;
}
