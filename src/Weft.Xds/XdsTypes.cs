using Google.Protobuf.Reflection;

namespace Weft.Xds;

/// <summary>Which messages this build knows: what an <c>Any</c> may carry when it is read from or written as JSON.</summary>
/// <remarks>Building the registry touches every descriptor, which costs memory: a proxy asks for it only when it must.</remarks>
public static class XdsTypes
{
    private static readonly Lazy<TypeRegistry> Known = new(() => TypeRegistry.FromFiles(Files()));

    /// <summary>All messages of <c>Protos/</c> and what they import. Thread-safe, built on first use.</summary>
    public static TypeRegistry Registry => Known.Value;

    /// <summary>Whether this build has the schema of a type.</summary>
    /// <param name="typeUrl">A full type URL.</param>
    public static bool IsKnown(string typeUrl) => Registry.Find(XdsTypeUrls.MessageName(typeUrl)) is not null;

    private static IEnumerable<FileDescriptor> Files() =>
    [
        global::Envoy.Config.Accesslog.V3.AccesslogReflection.Descriptor,
        global::Envoy.Config.Bootstrap.V3.BootstrapReflection.Descriptor,
        global::Envoy.Config.Cluster.V3.CircuitBreakerReflection.Descriptor,
        global::Envoy.Config.Cluster.V3.ClusterReflection.Descriptor,
        global::Envoy.Config.Cluster.V3.FilterReflection.Descriptor,
        global::Envoy.Config.Cluster.V3.OutlierDetectionReflection.Descriptor,
        global::Envoy.Config.Core.V3.AddressReflection.Descriptor,
        global::Envoy.Config.Core.V3.BackoffReflection.Descriptor,
        global::Envoy.Config.Core.V3.BaseReflection.Descriptor,
        global::Envoy.Config.Core.V3.ConfigSourceReflection.Descriptor,
        global::Envoy.Config.Core.V3.ExtensionReflection.Descriptor,
        global::Envoy.Config.Core.V3.GrpcServiceReflection.Descriptor,
        global::Envoy.Config.Core.V3.HealthCheckReflection.Descriptor,
        global::Envoy.Config.Core.V3.HttpUriReflection.Descriptor,
        global::Envoy.Config.Core.V3.ProtocolReflection.Descriptor,
        global::Envoy.Config.Core.V3.ProxyProtocolReflection.Descriptor,
        global::Envoy.Config.Core.V3.SocketOptionReflection.Descriptor,
        global::Envoy.Config.Core.V3.SubstitutionFormatStringReflection.Descriptor,
        global::Envoy.Config.Endpoint.V3.EndpointReflection.Descriptor,
        global::Envoy.Config.Endpoint.V3.EndpointComponentsReflection.Descriptor,
        global::Envoy.Config.Listener.V3.ApiListenerReflection.Descriptor,
        global::Envoy.Config.Listener.V3.ListenerReflection.Descriptor,
        global::Envoy.Config.Listener.V3.ListenerComponentsReflection.Descriptor,
        global::Envoy.Config.Ratelimit.V3.RlsReflection.Descriptor,
        global::Envoy.Config.Rbac.V3.RbacReflection.Descriptor,
        global::Envoy.Config.Route.V3.RouteReflection.Descriptor,
        global::Envoy.Config.Route.V3.RouteComponentsReflection.Descriptor,
        global::Envoy.Config.Trace.V3.HttpTracerReflection.Descriptor,
        global::Envoy.Extensions.AccessLoggers.File.V3.FileReflection.Descriptor,
        global::Envoy.Extensions.AccessLoggers.Stream.V3.StreamReflection.Descriptor,
        global::Envoy.Extensions.Common.Ratelimit.V3.RatelimitReflection.Descriptor,
        global::Envoy.Extensions.Filters.Common.Fault.V3.FaultReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.Cors.V3.CorsReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.ExtAuthz.V3.ExtAuthzReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.Fault.V3.FaultReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.GrpcStats.V3.ConfigReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.JwtAuthn.V3.ConfigReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.LocalRatelimit.V3.LocalRateLimitReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.Ratelimit.V3.RateLimitReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.Rbac.V3.RbacReflection.Descriptor,
        global::Envoy.Extensions.Filters.Http.Router.V3.RouterReflection.Descriptor,
        global::Envoy.Extensions.Filters.Listener.HttpInspector.V3.HttpInspectorReflection.Descriptor,
        global::Envoy.Extensions.Filters.Listener.OriginalDst.V3.OriginalDstReflection.Descriptor,
        global::Envoy.Extensions.Filters.Listener.OriginalSrc.V3.OriginalSrcReflection.Descriptor,
        global::Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocolReflection.Descriptor,
        global::Envoy.Extensions.Filters.Listener.TlsInspector.V3.TlsInspectorReflection.Descriptor,
        global::Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManagerReflection.Descriptor,
        global::Envoy.Extensions.Filters.Network.Rbac.V3.RbacReflection.Descriptor,
        global::Envoy.Extensions.Filters.Network.TcpProxy.V3.TcpProxyReflection.Descriptor,
        global::Envoy.Extensions.RequestId.Uuid.V3.UuidReflection.Descriptor,
        global::Envoy.Extensions.Retry.Host.OmitCanaryHosts.V3.OmitCanaryHostsReflection.Descriptor,
        global::Envoy.Extensions.Retry.Host.PreviousHosts.V3.PreviousHostsReflection.Descriptor,
        global::Envoy.Extensions.Retry.Priority.PreviousPriorities.V3.PreviousPrioritiesConfigReflection.Descriptor,
        global::Envoy.Extensions.TransportSockets.InternalUpstream.V3.InternalUpstreamReflection.Descriptor,
        global::Envoy.Extensions.TransportSockets.ProxyProtocol.V3.UpstreamProxyProtocolReflection.Descriptor,
        global::Envoy.Extensions.TransportSockets.RawBuffer.V3.RawBufferReflection.Descriptor,
        global::Envoy.Extensions.TransportSockets.Tls.V3.CommonReflection.Descriptor,
        global::Envoy.Extensions.TransportSockets.Tls.V3.SecretReflection.Descriptor,
        global::Envoy.Extensions.TransportSockets.Tls.V3.TlsReflection.Descriptor,
        global::Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptionsReflection.Descriptor,
        global::Envoy.Service.Discovery.V3.AdsReflection.Descriptor,
        global::Envoy.Service.Discovery.V3.DiscoveryReflection.Descriptor,
        global::Envoy.Service.Ratelimit.V3.RlsReflection.Descriptor,
        global::Envoy.Type.Matcher.V3.FilterStateReflection.Descriptor,
        global::Envoy.Type.Matcher.V3.MetadataReflection.Descriptor,
        global::Envoy.Type.Matcher.V3.NumberReflection.Descriptor,
        global::Envoy.Type.Matcher.V3.PathReflection.Descriptor,
        global::Envoy.Type.Matcher.V3.RegexReflection.Descriptor,
        global::Envoy.Type.Matcher.V3.StringReflection.Descriptor,
        global::Envoy.Type.Matcher.V3.ValueReflection.Descriptor,
        global::Envoy.Type.Metadata.V3.MetadataReflection.Descriptor,
        global::Envoy.Type.Tracing.V3.CustomTagReflection.Descriptor,
        global::Envoy.Type.V3.HashPolicyReflection.Descriptor,
        global::Envoy.Type.V3.HttpReflection.Descriptor,
        global::Envoy.Type.V3.HttpStatusReflection.Descriptor,
        global::Envoy.Type.V3.PercentReflection.Descriptor,
        global::Envoy.Type.V3.RangeReflection.Descriptor,
        global::Envoy.Type.V3.RatelimitUnitReflection.Descriptor,
        global::Envoy.Type.V3.SemanticVersionReflection.Descriptor,
        global::Envoy.Type.V3.TokenBucketReflection.Descriptor,
        global::Google.Api.Expr.V1Alpha1.SyntaxReflection.Descriptor,
        global::Google.Rpc.StatusReflection.Descriptor,
        global::Istio.Networking.Nds.V1.NdsReflection.Descriptor,
        global::Istio.V1.Auth.CaReflection.Descriptor,
        global::Xds.Core.V3.ExtensionReflection.Descriptor,
        global::Xds.Type.Matcher.V3.MatcherReflection.Descriptor,
        global::Xds.Type.V3.TypedStructReflection.Descriptor,
    ];
}
