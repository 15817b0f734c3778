using Google.Protobuf.WellKnownTypes;
using Istio.Mesh.V1Alpha1;
using Istio.Networking.V1Alpha3;

namespace Weft.Resources.Decoding;

/// <summary>The mesh configuration that holds where a user says nothing: Istio's defaults (pkg/config/mesh).</summary>
public static class MeshDefaults
{
    /// <summary>A new message each time: the caller may change it.</summary>
    public static MeshConfig Create() => new()
    {
        ProxyListenPort = 15001,
        ProxyInboundListenPort = 15006,
        ConnectTimeout = Seconds(10),
        HboneIdleTimeout = Seconds(3600),
        ProtocolDetectionTimeout = Seconds(0),
        IngressClass = "istio",
        IngressService = "istio-ingressgateway",
        IngressSelector = "ingressgateway",
        IngressControllerMode = MeshConfig.Types.IngressControllerMode.Strict,
        EnableTracing = true,
        AccessLogEncoding = MeshConfig.Types.AccessLogEncoding.Text,
        OutboundTrafficPolicy = new() { Mode = MeshConfig.Types.OutboundTrafficPolicy.Types.Mode.AllowAny },
        InboundTrafficPolicy = new() { Mode = MeshConfig.Types.InboundTrafficPolicy.Types.Mode.Passthrough },
        EnableAutoMtls = true,
        TrustDomain = "cluster.local",
        DefaultServiceExportTo = { "*" },
        DefaultVirtualServiceExportTo = { "*" },
        DefaultDestinationRuleExportTo = { "*" },
        RootNamespace = "istio-system",
        LocalityLbSetting = new LocalityLoadBalancerSetting { Enabled = true },
        DnsRefreshRate = Seconds(60),
        EnablePrometheusMerge = true,
        DefaultProviders = new() { Metrics = { "prometheus" } },
        DefaultHttpRetryPolicy = new HTTPRetry { Attempts = 2, RetryOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes" },
        DefaultInboundHttpRetryPolicy = new HTTPRetry { Attempts = 2, RetryOn = "reset-before-request" },
        ExtensionProviders =
        {
            new MeshConfig.Types.ExtensionProvider { Name = "prometheus", Prometheus = new() },
            new MeshConfig.Types.ExtensionProvider { Name = "stackdriver", Stackdriver = new() },
            new MeshConfig.Types.ExtensionProvider { Name = "envoy", EnvoyFileAccessLog = new() { Path = "/dev/stdout" } },
        },
        DefaultConfig = CreateProxyConfig(),
    };

    /// <summary>Puts back what a user's list would otherwise have replaced: the providers that every mesh has.</summary>
    public static void Complete(MeshConfig mesh)
    {
        foreach (MeshConfig.Types.ExtensionProvider provider in Create().ExtensionProviders)
        {
            if (!mesh.ExtensionProviders.Any(p => p.Name == provider.Name))
                mesh.ExtensionProviders.Add(provider);
        }
    }

    private static ProxyConfig CreateProxyConfig() => new()
    {
        ConfigPath = "./etc/istio/proxy",
        BinaryPath = "/usr/local/bin/envoy",
        ServiceCluster = "istio-proxy",
        DrainDuration = Seconds(45),
        TerminationDrainDuration = Seconds(5),
        DiscoveryAddress = "istiod.istio-system.svc:15012",
        ControlPlaneAuthPolicy = AuthenticationPolicy.MutualTls,
        ProxyAdminPort = 15000,
        StatusPort = 15020,
        StatNameLength = 189,
    };

    private static Duration Seconds(long seconds) => new() { Seconds = seconds };
}
